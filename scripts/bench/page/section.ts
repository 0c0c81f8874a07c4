import { cpus } from 'node:os';
import { z } from 'zod';

/** What one measurement gives to the page: text in Markdown, and pictures in SVG. */
export const Section = z.strictObject({
  title: z.string(),
  /** When and on what it was measured: sections are measured apart, and not always on one machine. */
  measured: z.string(),
  markdown: z.string(),
  charts: z.array(z.strictObject({ name: z.string(), title: z.string(), svg: z.string() })),
});
export type Section = z.infer<typeof Section>;

/** What a section that is measured now says of when and on what. */
export function measuredNow(): string {
  const processors = cpus();
  const time = new Date().toISOString().slice(0, 16).replace('T', ' ');
  const machine = `${processors.length} x ${processors[0]?.model.trim() ?? 'an unknown processor'}`;
  return `${time} UTC on ${machine}, Node ${process.versions.node}`;
}

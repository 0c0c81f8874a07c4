import { z } from 'zod';

/** What one measurement gives to the page: text in Markdown, and pictures in SVG. */
export const Section = z.strictObject({
  title: z.string(),
  /** When it was measured, as an ISO date and time. */
  measuredAt: z.string(),
  markdown: z.string(),
  charts: z.array(z.strictObject({ name: z.string(), title: z.string(), svg: z.string() })),
});
export type Section = z.infer<typeof Section>;

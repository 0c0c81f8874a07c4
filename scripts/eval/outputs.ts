import { writeFile } from 'node:fs/promises';
import { requireType } from './file-type.ts';
import { reportHtml } from './html.ts';
import { writePlot } from './plots.ts';
import { formatTables, type Table } from './tables.ts';

/** Options that say where results go. */
export interface Outputs {
  readonly json?: true;
  readonly plot?: string;
  readonly report?: string;
}

export interface Results {
  readonly title: string;
  /** What they do not show. */
  readonly limitation: string;
  readonly report: object;
  readonly tables: Record<string, Table>;
  /** An SVG document, shown above the first table. */
  readonly figure: string;
}

/** Refuses files of another type, before any work. @throws LintelError `usage` */
export function requireOutputs({ plot, report }: Outputs): void {
  requireType(plot, /\.(svg|png)$/i, 'A plot is an .svg or a .png file.');
  requireType(report, /\.html$/i, 'A report is an .html file.');
}

/** Draws a report where that is asked for, and prints it. */
export async function printReport<Report extends object>(
  { json, plot }: Outputs,
  report: Report,
  toSvg: (report: Report) => string,
  toTables: (report: Report) => Record<string, Table>,
): Promise<void> {
  if (plot !== undefined) await writePlot(plot, toSvg(report));
  process.stdout.write(json ? `${JSON.stringify(report)}\n` : formatTables(toTables(report)));
}

/** Writes results to the files that are named, and to standard output. */
export async function writeOutputs(
  { json, plot, report: html }: Outputs,
  { title, limitation, report, tables, figure }: Results,
): Promise<void> {
  if (plot !== undefined) await writePlot(plot, figure);
  if (html !== undefined) {
    const sections = Object.values(tables).map((table, i) => ({ table, figures: i === 0 ? [figure] : [] }));
    await writeFile(html, reportHtml(title, limitation, [], sections));
  }
  process.stdout.write(json ? `${JSON.stringify(report)}\n` : `${formatTables(tables)}\n${limitation}\n`);
}

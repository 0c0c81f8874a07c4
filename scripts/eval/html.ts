import { escape } from './chart.ts';
import type { Table } from './tables.ts';

const STYLE = `
:root { color-scheme: light; font: 16px/1.5 system-ui, sans-serif; color: #1b232b; background: #f3f5f7; }
body { max-width: 1120px; margin: 0 auto; padding: 32px 24px 64px; }
h1 { font-size: 28px; line-height: 1.2; margin: 0 0 4px; }
header p { margin: 0 0 24px; color: #56616d; }
.keys { display: grid; grid-template-columns: repeat(auto-fit, minmax(200px, 1fr)); gap: 16px; margin: 0 0 24px; }
.keys div, section { background: #fff; border: 1px solid #dfe4e9; border-radius: 10px; }
.keys div { padding: 16px 20px; }
.keys dt { font-size: 14px; color: #56616d; }
.keys dd { margin: 0; font-size: 26px; font-weight: 600; font-variant-numeric: tabular-nums; }
section { padding: 20px 24px 24px; margin: 0 0 24px; }
h2 { font-size: 19px; margin: 0 0 4px; }
section > p { margin: 0 0 16px; color: #56616d; font-size: 15px; max-width: 90ch; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: 14px; font-variant-numeric: tabular-nums; }
th, td { text-align: left; padding: 7px 16px 7px 0; border-bottom: 1px solid #e8ecf0; vertical-align: top; }
thead th { color: #56616d; font-weight: 600; }
tbody th { font-weight: 500; white-space: nowrap; }
tbody tr:last-child > * { border-bottom: 0; }
.body { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 440px), 1fr)); gap: 24px; align-items: start; }
.body > :last-child:nth-child(odd) { grid-column: 1 / -1; }
svg { width: 100%; height: auto; display: block; }
@media print { body { padding: 0; } section { break-inside: avoid; } }
`;

export interface Section {
  readonly table: Table;
  /** SVG documents shown above the table. */
  readonly figures: readonly string[];
}

/**
 * A report as one HTML file that needs nothing else and runs nothing.
 * @param keys the few numbers to see first
 */
export function reportHtml(
  title: string,
  subtitle: string,
  keys: readonly (readonly [name: string, value: string])[],
  sections: readonly Section[],
): string {
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${escape(title)}</title>
<style>${STYLE}</style>
<header><h1>${escape(title)}</h1><p>${escape(subtitle)}</p></header>
<dl class="keys">${keys.map(([name, value]) => `<div><dt>${escape(name)}</dt><dd>${escape(value)}</dd></div>`).join('')}</dl>
${sections.map(sectionHtml).join('\n')}
</html>
`;
}

function sectionHtml({ table: { title, note, header, rows }, figures }: Section): string {
  const head =
    header.length === 0
      ? ''
      : `<thead><tr>${header.map((cell) => `<th>${escape(cell)}</th>`).join('')}</tr></thead>`;
  const body = rows
    .map(
      ([first = '', ...rest]) =>
        `<tr><th scope="row">${escape(first)}</th>${rest.map((cell) => `<td>${escape(cell)}</td>`).join('')}</tr>`,
    )
    .join('\n');
  return `<section><h2>${escape(title)}</h2><p>${escape(note)}</p>
<div class="body">${figures.join('')}<div class="scroll"><table>${head}<tbody>${body}</tbody></table></div></div></section>`;
}

import { COLOURS, escape } from '../../eval/chart.ts';

export interface Bar {
  readonly name: string;
  readonly value: number;
  /** Whether it is ours: drawn in colour. */
  readonly isOurs: boolean;
}

const WIDTH = 720;
const LEFT = 230;
const RIGHT = 620;
const ROW = 30;

/** Horizontal bars from zero, each with its value, as an SVG document. @param unit what the values are, such as "ms" */
export function barChart(title: string, unit: string, bars: readonly Bar[]): string {
  const largest = Math.max(...bars.map(({ value }) => value));
  const height = 56 + ROW * bars.length;
  const rows = bars.map(({ name, value, isOurs }, i) => {
    const y = 48 + ROW * i;
    const width = ((RIGHT - LEFT) * value) / largest;
    return [
      `<text x="${LEFT - 10}" y="${y + 15}" text-anchor="end">${escape(name)}</text>`,
      `<rect x="${LEFT}" y="${y}" width="${width.toFixed(1)}" height="20" rx="3" fill="${isOurs ? COLOURS.blue : COLOURS.grey}"/>`,
      `<text x="${(LEFT + width + 8).toFixed(1)}" y="${y + 15}">${Number(value.toPrecision(3))} ${escape(unit)}</text>`,
    ].join('');
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}"`,
    ` role="img" aria-label="${escape(title)}" font-family="system-ui, sans-serif" font-size="14" fill="#27313b">`,
    `<rect width="100%" height="100%" fill="#fff"/>`,
    `<text x="16" y="28" font-size="17" font-weight="600">${escape(title)}</text>`,
    ...rows,
    `</svg>\n`,
  ].join('\n');
}

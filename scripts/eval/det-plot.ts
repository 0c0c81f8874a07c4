import { writeFile } from 'node:fs/promises';
import sharp from 'sharp';

/** One operating point: shares 0..1. */
export interface DetPoint {
  readonly falseMatchRate: number;
  readonly falseNonMatchRate: number;
}

const WIDTH = 720;
const HEIGHT = 520;
const MARGIN = { left: 80, right: 24, top: 48, bottom: 64 };

/** Decades shown: the axes run from 10^low to 1. */
const LOWEST_DECADE = { x: -6, y: -4 };

/** A detection error trade-off curve on logarithmic axes, as an SVG document. */
export function detSvg(title: string, points: readonly DetPoint[]): string {
  const x = (rate: number): number => axis(rate, LOWEST_DECADE.x, MARGIN.left, WIDTH - MARGIN.right);
  const y = (rate: number): number => axis(rate, LOWEST_DECADE.y, HEIGHT - MARGIN.bottom, MARGIN.top);
  const path = points
    .map((p) => `${x(p.falseMatchRate).toFixed(1)},${y(p.falseNonMatchRate).toFixed(1)}`)
    .join(' ');
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" width="${WIDTH}" height="${HEIGHT}"`,
    ` font-family="sans-serif" font-size="13">`,
    `<rect width="100%" height="100%" fill="#fff"/>`,
    text(WIDTH / 2, 28, title, 'middle', 'font-size="16"'),
    ...decades(LOWEST_DECADE.x).map((d) => {
      const at = x(10 ** d);
      return (
        line(at, MARGIN.top, at, HEIGHT - MARGIN.bottom) +
        text(at, HEIGHT - MARGIN.bottom + 20, label(d), 'middle')
      );
    }),
    ...decades(LOWEST_DECADE.y).map((d) => {
      const at = y(10 ** d);
      return line(MARGIN.left, at, WIDTH - MARGIN.right, at) + text(MARGIN.left - 8, at + 4, label(d), 'end');
    }),
    text((MARGIN.left + WIDTH - MARGIN.right) / 2, HEIGHT - 16, 'False match rate', 'middle'),
    text(20, HEIGHT / 2, 'False non-match rate', 'middle', `transform="rotate(-90 20 ${HEIGHT / 2})"`),
    `<polyline points="${path}" fill="none" stroke="#0b5fa5" stroke-width="2"/>`,
    `</svg>\n`,
  ].join('\n');
}

/** Write an SVG, or the PNG drawn from it when the file is named so. */
export async function writePlot(file: string, svg: string): Promise<void> {
  if (!file.toLowerCase().endsWith('.png')) return await writeFile(file, svg);
  // The decoder of untrusted images blocks every loader but its own; this document is ours.
  sharp.unblock({ operation: ['VipsForeignLoadSvgBuffer'] });
  await sharp(Buffer.from(svg)).png().toFile(file);
}

/** Position of a rate between `low` (10^decade and less) and `high` (1). */
function axis(rate: number, decade: number, low: number, high: number): number {
  const exponent = Math.max(decade, Math.log10(rate));
  return low + ((exponent - decade) / -decade) * (high - low);
}

const decades = (lowest: number): number[] => Array.from({ length: 1 - lowest }, (_, i) => lowest + i);

const label = (decade: number): string => (decade < -2 ? `1e${decade}` : String(10 ** decade));

const line = (x1: number, y1: number, x2: number, y2: number): string =>
  `<line x1="${x1.toFixed(1)}" y1="${y1.toFixed(1)}" x2="${x2.toFixed(1)}" y2="${y2.toFixed(1)}" stroke="#ddd"/>`;

function text(x: number, y: number, content: string, anchor: 'middle' | 'end', more = ''): string {
  const escaped = content.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
  return `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" text-anchor="${anchor}" fill="#222" ${more}>${escaped}</text>`;
}

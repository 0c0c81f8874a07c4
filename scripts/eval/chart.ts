/** One axis: what it shows, from where to where, evenly or by decades, and the values that are labelled. */
export interface Axis {
  readonly label: string;
  readonly from: number;
  readonly to: number;
  readonly logarithmic?: boolean;
  readonly ticks: readonly number[];
  readonly format: (value: number) => string;
}

/** Several things side by side, the first at 1. */
export const sideBySide = (label: string, count: number, format: Axis['format']): Axis => ({
  label,
  from: 0.5,
  to: count + 0.5,
  ticks: Array.from({ length: count }, (_, i) => i + 1),
  format,
});

/** From 0 to `top`, above 0, at a round step: 1, 2 or 5 times a power of ten, in four steps at most. */
export function roundTicks(top: number): number[] {
  const rough = top / 4;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * ([1, 2, 5].find((factor) => factor * power >= rough) ?? 10);
  return Array.from({ length: Math.floor(top / step) + 1 }, (_, i) => i * step);
}

/** From none to all. */
export const shares = (label: string): Axis => ({
  label,
  from: 0,
  to: 1,
  ticks: [0, 0.2, 0.4, 0.6, 0.8, 1],
  format: (value) => `${(value * 100).toFixed(0)} %`,
});

/** Values of one kind. Points beyond an axis are drawn on its edge. */
export interface Series {
  readonly name: string;
  readonly colour: string;
  readonly kind: 'line' | 'dashes' | 'area' | 'points';
  readonly points: readonly (readonly [x: number, y: number])[];
  /** Of each point, from and to which y its uncertainty reaches. */
  readonly intervals?: readonly (readonly [low: number, high: number])[];
}

export const COLOURS = { blue: '#0b5fa5', orange: '#c2570c', grey: '#8a94a0' } as const;

const WIDTH = 720;
const HEIGHT = 520;
const LEFT = 84;
const RIGHT = WIDTH - 24;
const TOP = 72;
const BOTTOM = HEIGHT - 64;
const LEGEND = 52;

/** A chart with a title, as an SVG document that needs nothing else. */
export function chart(title: string, xAxis: Axis, yAxis: Axis, series: readonly Series[]): string {
  const x = (value: number): number => position(xAxis, value, LEFT, RIGHT);
  const y = (value: number): number => position(yAxis, value, BOTTOM, TOP);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" width="${WIDTH}" height="${HEIGHT}"`,
    ` role="img" aria-label="${escape(title)}" font-family="system-ui, sans-serif" font-size="15">`,
    `<rect width="100%" height="100%" fill="#fff"/>`,
    text(LEFT, 28, title, 'start', 'font-size="18" font-weight="600"'),
    ...xAxis.ticks.map(
      (tick) =>
        line(x(tick), TOP, x(tick), BOTTOM) + text(x(tick), BOTTOM + 20, xAxis.format(tick), 'middle'),
    ),
    ...yAxis.ticks.map(
      (tick) => line(LEFT, y(tick), RIGHT, y(tick)) + text(LEFT - 8, y(tick) + 4, yAxis.format(tick), 'end'),
    ),
    text((LEFT + RIGHT) / 2, HEIGHT - 16, xAxis.label, 'middle'),
    text(20, (TOP + BOTTOM) / 2, yAxis.label, 'middle', `transform="rotate(-90 20 ${(TOP + BOTTOM) / 2})"`),
    ...series.map((one) => draw(one, x, y)),
    ...(series.length > 1 ? legend(series) : []),
    `</svg>\n`,
  ].join('\n');
}

function draw(
  { kind, colour, points, intervals = [] }: Series,
  x: (value: number) => number,
  y: (value: number) => number,
): string {
  const path = points.map(([px, py]) => `${x(px).toFixed(1)},${y(py).toFixed(1)}`).join(' ');
  if (kind === 'points') {
    return points
      .map(([px, py], i) => {
        const [low, high] = intervals[i] ?? [py, py];
        return (
          `<path d="M${x(px).toFixed(1)} ${y(low).toFixed(1)}V${y(high).toFixed(1)}" stroke="${colour}" stroke-width="2"/>` +
          `<circle cx="${x(px).toFixed(1)}" cy="${y(py).toFixed(1)}" r="5" fill="${colour}"/>`
        );
      })
      .join('');
  }
  if (kind === 'area') {
    return `<polygon points="${path}" fill="${colour}" fill-opacity="0.15" stroke="${colour}" stroke-width="1.5"/>`;
  }
  const dashes = kind === 'dashes' ? ' stroke-dasharray="6 5"' : '';
  return `<polyline points="${path}" fill="none" stroke="${colour}" stroke-width="2"${dashes}/>`;
}

/** In a row between title and plot. Widths of text are guessed, since fonts differ. */
function legend(series: readonly Series[]): string[] {
  let left = LEFT;
  return series.map(({ name, colour }) => {
    const at = left;
    left += 44 + 8 * name.length;
    return (
      `<rect x="${at}" y="${LEGEND - 10}" width="12" height="12" rx="3" fill="${colour}"/>` +
      text(at + 18, LEGEND + 1, name, 'start')
    );
  });
}

/** Where a value lies between `low` (the axis' beginning) and `high`, in pixels. */
function position(axis: Axis, value: number, low: number, high: number): number {
  const scale = axis.logarithmic ? Math.log10 : (v: number): number => v;
  const share = (scale(value) - scale(axis.from)) / (scale(axis.to) - scale(axis.from));
  return low + Math.min(1, Math.max(0, share)) * (high - low);
}

/** Decades from 10^low to 10^high, for a logarithmic axis. */
export function decades(label: string, low: number, high: number): Axis {
  return {
    label,
    from: 10 ** low,
    to: 10 ** high,
    logarithmic: true,
    ticks: Array.from({ length: high - low + 1 }, (_, i) => Number(`1e${low + i}`)),
    format: (value) => (value < 1e-3 ? value.toExponential(0) : value.toLocaleString('en')),
  };
}

const line = (x1: number, y1: number, x2: number, y2: number): string =>
  `<line x1="${x1.toFixed(1)}" y1="${y1.toFixed(1)}" x2="${x2.toFixed(1)}" y2="${y2.toFixed(1)}" stroke="#e3e7ec"/>`;

function text(x: number, y: number, content: string, anchor: 'start' | 'middle' | 'end', more = ''): string {
  return `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" text-anchor="${anchor}" fill="#27313b" ${more}>${escape(content)}</text>`;
}

/** A line of text in a drawing of one's own. @param size in pixels */
export const label = (
  x: number,
  y: number,
  content: string,
  anchor: 'start' | 'middle' | 'end',
  size = 13,
): string => text(x, y, content, anchor, `font-size="${size}"`);

/** Text that means itself in SVG and HTML. */
export const escape = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');

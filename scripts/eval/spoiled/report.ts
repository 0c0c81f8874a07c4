import type { Proportion } from '#core/matching';
import { COLOURS, label } from '../chart.ts';
import type { Table } from '../tables.ts';
import { canShow, isBroken, type KeptRate, type KindRates } from './rates.ts';

export interface SpoiledReport {
  readonly modelId: string;
  readonly people: number;
  readonly images: number;
  readonly kinds: readonly KindRates[];
}

export function spoiledTables({ people, images, kinds }: SpoiledReport): Record<string, Table> {
  const size = `${count(images)} images of ${count(people)} people, each spoiled in each way; left out are those in which the face of another person was found.`;
  return {
    bothSpoiled: {
      title: 'Both pictures spoiled',
      note: `${size} False matches per comparison of different people, with the exact 95 % interval, among pictures with a face, and among those that the gate of recognition lets through; 80, 90 and 95 promise 1e-4, 1e-5 and 1e-6. "!": above three times the promise. "?": none, or not above, of too few comparisons to show as little as that.`,
      header: [
        'Kind',
        'Left out',
        'Before: 80',
        '90',
        '95',
        'Refused',
        'After: 80',
        '90',
        '95',
        'Comparisons',
      ],
      rows: kinds.map(({ kind, leftOut, before, after }) => [
        kind,
        count(leftOut),
        ...shown(before.bothSpoiled).map(rate),
        percent(after.refused),
        ...shown(after.bothSpoiled).map(rateWithInterval),
        comparisons(after.bothSpoiled),
      ]),
    },
    oneSpoiled: {
      title: 'One picture spoiled, the other untouched',
      note: 'False matches as above. Misses of the same person at confidence 80, of the comparisons that are made: a picture that is refused is missed besides.',
      header: [
        'Kind',
        'Before: 80',
        'Probe missed',
        'Reference missed',
        'After: 80',
        '90',
        '95',
        'Comparisons',
        'Probe missed',
        'Reference missed',
      ],
      rows: kinds.map(({ kind, before, after }) => [
        kind,
        ...shown(before.oneSpoiled).slice(0, 1).map(rate),
        misses(before.missed.probe),
        misses(before.missed.reference),
        ...shown(after.oneSpoiled).map(rateWithInterval),
        comparisons(after.oneSpoiled),
        misses(after.missed.probe),
        misses(after.missed.reference),
      ]),
    },
    verdict: {
      title: 'Kinds above three times the promise, as far as the counts support it',
      note: 'At 80, 90 or 95: the lower end of the exact 95 % interval.',
      header: ['', 'Kinds'],
      rows: (['before', 'after'] as const).map((when) => [
        when,
        kinds
          .filter((kind) => breaksPromise(kind[when]))
          .map(({ kind }) => kind)
          .join(', ') || 'none',
      ]),
    },
  };
}

function breaksPromise({ bothSpoiled, oneSpoiled }: KindRates['after']): boolean {
  return [...shown(bothSpoiled), ...shown(oneSpoiled)].some((one) => isBroken(one, one.claimed));
}

/** Of the API's thresholds those that the verdict is about. */
const shown = (rates: readonly KeptRate[]): KeptRate[] =>
  rates.filter(({ confidence }) => confidence >= SHOWN);

const WIDTH = 760;
const LEFT = 190;
const RIGHT = WIDTH - 24;
const TOP = 78;
const ROW = 19;
const LOWEST = 1e-6;
/** The default threshold. */
const SHOWN = 80;

/** False matches at confidence 80 when both pictures are spoiled, before and after, as an SVG document. */
export function spoiledSvg({ kinds }: SpoiledReport): string {
  const bottom = TOP + ROW * kinds.length;
  const x = (value: number): number =>
    LEFT + (Math.log10(Math.max(value, LOWEST) / LOWEST) / -Math.log10(LOWEST)) * (RIGHT - LEFT);
  const line = (at: number, colour: string, dashes: string): string =>
    `<path d="M${at.toFixed(1)} ${TOP}V${bottom}" stroke="${colour}"${dashes}/>`;
  const claimed = kinds[0]?.after.bothSpoiled.find(({ confidence }) => confidence === SHOWN)?.claimed ?? 1e-4;
  const decades = [0, -1, -2, -3, -4, -5, -6].map((power) => Number(`1e${power}`));
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${bottom + 44}" width="${WIDTH}" height="${bottom + 44}" role="img" aria-label="False matches of spoiled pictures" font-family="system-ui, sans-serif">`,
    '<rect width="100%" height="100%" fill="#fff"/>',
    label(24, 28, 'False matches at confidence 80, both pictures spoiled', 'start', 18),
    ...legend(),
    ...decades.map(
      (tick) =>
        line(x(tick), '#e3e7ec', '') +
        label(x(tick), bottom + 18, tick === 1 ? '1' : tick.toExponential(0), 'middle'),
    ),
    line(x(claimed), COLOURS.grey, ' stroke-dasharray="6 5"'),
    label(
      (LEFT + RIGHT) / 2,
      bottom + 38,
      'False match rate (dashed: promised; ring: none, at the end of its interval)',
      'middle',
    ),
    ...kinds.map(({ kind, before, after }, i) => {
      const y = TOP + ROW * (i + 0.5);
      const dot = ({ bothSpoiled }: KindRates['after'], colour: string): string => {
        const one = bothSpoiled.find(({ confidence }) => confidence === SHOWN);
        if (!one || one.of === 0) return '';
        const fill = one.count === 0 ? '#fff' : colour;
        const at = x(one.count === 0 ? one.interval[1] : one.rate).toFixed(1);
        return `<circle cx="${at}" cy="${y}" r="5" fill="${fill}" stroke="${colour}" stroke-width="2"/>`;
      };
      return label(LEFT - 12, y + 4, kind, 'end') + dot(before, COLOURS.orange) + dot(after, COLOURS.blue);
    }),
    '</svg>\n',
  ].join('\n');
}

function legend(): string[] {
  return [
    ['Without the gate', COLOURS.orange],
    ['With it, of the pictures let through', COLOURS.blue],
  ].map(
    ([name, colour], i) =>
      `<circle cx="${30 + 180 * i}" cy="50" r="5" fill="${colour}"/><text x="${42 + 180 * i}" y="55" font-size="13" fill="#27313b">${name}</text>`,
  );
}

const comparisons = ([first]: readonly KeptRate[]): string => count(first?.of ?? 0);
const scientific = (value: number): string => value.toExponential(1);
const rate = ({ count: matches, of, rate }: KeptRate): string =>
  of === 0 ? '–' : matches === 0 ? '0' : scientific(rate);
function rateWithInterval(one: KeptRate): string {
  if (one.of === 0) return '–';
  const [low, high] = one.interval.map(scientific);
  const mark = isBroken(one, one.claimed) ? ' !' : canShow(one.of, one.claimed) ? '' : ' ?';
  return (one.count === 0 ? `0 (to ${high})` : `${scientific(one.rate)} (${low} to ${high})`) + mark;
}
const misses = ({ count: missed, of }: Proportion): string => (of <= 1 ? '–' : `${missed} of ${of}`);
const percent = ({ rate, of }: Proportion): string => (of <= 1 ? '–' : `${(rate * 100).toFixed(1)}\u00a0%`);
const count = (n: number): string => n.toLocaleString('en');

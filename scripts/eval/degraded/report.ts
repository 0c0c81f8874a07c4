import { COLOURS, label } from '../chart.ts';
import type { Table } from '../tables.ts';
import type { DegradedRates, DrawnRate, Tally } from './rates.ts';
import { MISS_CONFIDENCE, type KeptRate } from '../spoiled/rates.ts';

export interface DegradedReport {
  readonly modelId: string;
  /** Which half of the people. */
  readonly half: 'first' | 'second';
  readonly people: number;
  /** By gate, in the order in which they are drawn. */
  readonly gates: Readonly<Record<string, readonly DegradedRates[]>>;
}

export function degradedTables({ people, half, gates }: DegradedReport): Record<string, Table> {
  return Object.fromEntries(
    Object.entries(gates).map(([gate, rates]): [string, Table] => [
      gate,
      {
        title: `Degraded probes of ${people.toLocaleString('en')} people of the ${half} half, gate ${gate}`,
        note: `Each against an untouched reference. Missed: below confidence ${MISS_CONFIDENCE} or without a face, whatever the gate says, with the 95 % interval from drawing people; each probe, then each person weighing the same. Refused: what the visitor is told, and in brackets how many of these would match. False matches: probes that pass against references of others, per comparison, with the exact 95 % interval.`,
        header: [
          'Kind',
          'Left out',
          'Probes',
          'Missed, probes',
          'Missed, people',
          'Passed, matched',
          'Passed, missed',
          'Refused',
          'Told',
          'Told after a miss',
          'False matches, 80',
          '90',
        ],
        rows: rates.map((one) => [
          one.kind,
          `${one.leftOut}`,
          `${one.probes}`,
          drawn(one.missed),
          drawn(one.missedByPerson),
          `${one.passed.matched}`,
          `${one.passed.missed}`,
          `${countOf(one.refused)}`,
          told(one.refused),
          told(one.advised),
          ...one.falseMatches.filter(({ confidence }) => [80, 90].includes(confidence)).map(falseMatches),
        ]),
      },
    ]),
  );
}

const countOf = (tally: Tally): number => Object.values(tally).reduce((sum, { count }) => sum + count, 0);
const wouldMatchOf = (tally: Tally): number =>
  Object.values(tally).reduce((sum, { wouldMatch }) => sum + wouldMatch, 0);

const told = (tally: Tally): string =>
  Object.entries(tally)
    .toSorted(([, a], [, b]) => b.count - a.count)
    .map(([code, { count, wouldMatch }]) => `${code} ${count}${wouldMatch > 0 ? ` (${wouldMatch})` : ''}`)
    .join(', ');

const percent = (share: number): string => (100 * share).toFixed(1);
const drawn = ({ rate, interval: [low, high] }: DrawnRate): string =>
  `${percent(rate)} % (${percent(low)} to ${percent(high)})`;
function falseMatches({ count, of, rate, interval: [low, high] }: KeptRate): string {
  if (of === 0) return '–';
  const [least, most] = [low, high].map((value) => value.toExponential(1));
  return count === 0 ? `0 (to ${most}) of ${of}` : `${rate.toExponential(1)} (${least} to ${most}) of ${of}`;
}

const WIDTH = 820;
const LEFT = 170;
const RIGHT = WIDTH - 24;
const TOP = 96;
const BAR = 11;
const GAP = 9;

/** What becomes of the probes of each kind, from the left. */
const PARTS: readonly (readonly [name: string, colour: string, count: (one: DegradedRates) => number])[] = [
  ['Matched', COLOURS.blue, (one: DegradedRates) => one.passed.matched],
  ['Refused, would match', '#e8b27d', ({ refused }: DegradedRates) => wouldMatchOf(refused)],
  [
    'Refused and told why',
    COLOURS.orange,
    ({ refused }: DegradedRates) => countOf(refused) - wouldMatchOf(refused),
  ],
  ['Missed, then told why', COLOURS.grey, ({ advised }: DegradedRates) => countOf(advised)],
  ['Missed', '#5d2a6b', ({ passed, advised }: DegradedRates) => passed.missed - countOf(advised)],
];

/** One bar for each kind and gate, the gates of a kind under each other, as an SVG document. */
export function degradedSvg({ gates }: DegradedReport): string {
  const all = Object.entries(gates);
  const kinds = all[0]?.[1] ?? [];
  const row = BAR * all.length + GAP;
  const bottom = TOP + row * kinds.length;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${bottom + 40}" width="${WIDTH}" height="${bottom + 40}" role="img" aria-label="Degraded probes" font-family="system-ui, sans-serif">`,
    '<rect width="100%" height="100%" fill="#fff"/>',
    label(24, 28, 'What becomes of degraded probes at confidence 80', 'start', 18),
    ...PARTS.map(
      ([name, colour], i) =>
        `<rect x="${24 + 160 * i}" y="44" width="12" height="12" fill="${colour}"/>${label(42 + 160 * i, 55, name, 'start')}`,
    ),
    label(24, 80, all.length > 1 ? `From above: ${all.map(([gate]) => gate).join(', ')}` : '', 'start'),
    ...[0, 0.25, 0.5, 0.75, 1].map((share) => {
      const x = (LEFT + share * (RIGHT - LEFT)).toFixed(1);
      return `<path d="M${x} ${TOP - 4}V${bottom}" stroke="#e3e7ec"/>${label(Number(x), bottom + 18, `${100 * share} %`, 'middle')}`;
    }),
    ...kinds.flatMap(({ kind }, i) => {
      const y = TOP + row * i;
      return [
        label(LEFT - 10, y + (BAR * all.length) / 2 + 5, kind, 'end'),
        ...all.flatMap(([, rates], j) => bar(rates[i]!, y + BAR * j)),
      ];
    }),
    '</svg>\n',
  ].join('\n');
}

function bar(one: DegradedRates, y: number): string[] {
  let x = LEFT;
  return PARTS.map(([, colour, share]) => {
    const width = ((RIGHT - LEFT) * share(one)) / Math.max(1, one.probes);
    const drawn = `<rect x="${x.toFixed(1)}" y="${y}" width="${width.toFixed(1)}" height="${BAR - 2}" fill="${colour}"/>`;
    x += width;
    return drawn;
  });
}

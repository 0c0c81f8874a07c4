import type { LightReason } from '#contract';
import type { LightVerdict } from '#core/liveness';
import { exactProportion, type Proportion } from '#core/matching';
import { LIGHT_ATTACKS, type LightAttackName } from '../../../test/attacks/light/kinds.ts';
import { rateAndInterval, reasonCounts } from '../cells.ts';
import { chart, COLOURS, shares, sideBySide } from '../chart.ts';
import type { Table } from '../tables.ts';
import type { Half } from '../halves.ts';

/** One presentation with its verdict. `kind` is null for a living person. */
export interface LightOutcome {
  readonly kind: LightAttackName | null;
  readonly person: string;
  /** Lux. */
  readonly ambient: number;
  readonly verdict: LightVerdict;
}

export interface LightTally {
  readonly presentations: number;
  /** Attacks accepted, or living people whose light was not found. */
  readonly errors: Proportion;
  /** Of those not found, how many the appliance could not tell, and sends on to steps as such: too bright a room, mostly. */
  readonly unclear: number;
  /** Of all others, which were judged: attacks accepted, or living people said not to answer as a living face does (BPCER). */
  readonly judged: Proportion;
  readonly reasons: Readonly<Partial<Record<LightReason, number>>>;
  readonly medianMatch: number | null;
}

export interface LightReport {
  readonly seed: number;
  /** Null for the sample photographs. */
  readonly half: Half | null;
  readonly people: number;
  readonly live: readonly (LightTally & { readonly ambient: number })[];
  readonly attacks: readonly (LightTally & { readonly kind: LightAttackName })[];
}

export const LIGHT_LIMITATION =
  'Simulated: pictures are relit by computed normals, screens and prints are drawn. Real cameras have not confirmed it.';

export function makeLightReport(
  seed: number,
  half: Half | null,
  outcomes: readonly LightOutcome[],
): LightReport {
  const live = outcomes.filter(({ kind }) => kind === null);
  const levels = [...new Set(live.map(({ ambient }) => ambient))].toSorted((a, b) => a - b);
  const kinds = Object.keys(LIGHT_ATTACKS) as LightAttackName[];
  return {
    seed,
    half,
    people: new Set(outcomes.map(({ person }) => person)).size,
    live: levels.map((ambient) => ({
      ambient,
      ...tally(
        live.filter((one) => one.ambient === ambient),
        ({ reason }) => reason !== null,
      ),
    })),
    attacks: kinds.flatMap((kind) => {
      const own = outcomes.filter((one) => one.kind === kind);
      return own.length === 0 ? [] : [{ kind, ...tally(own, ({ reason }) => reason === null) }];
    }),
  };
}

function tally(outcomes: readonly LightOutcome[], isError: (verdict: LightVerdict) => boolean): LightTally {
  const verdicts = outcomes.map(({ verdict }) => verdict);
  const reasons: Partial<Record<LightReason, number>> = {};
  for (const { reason } of verdicts) if (reason) reasons[reason] = (reasons[reason] ?? 0) + 1;
  const matches = verdicts.flatMap(({ scores }) => scores.match ?? []).toSorted((a, b) => a - b);
  const judged = verdicts.filter(({ reason }) => reason !== 'light-unclear');
  return {
    presentations: verdicts.length,
    errors: exactProportion(verdicts.filter(isError).length, verdicts.length),
    judged: exactProportion(judged.filter(isError).length, judged.length),
    unclear: reasons['light-unclear'] ?? 0,
    reasons,
    medianMatch: matches[matches.length >> 1] ?? null,
  };
}

export function lightTables(report: LightReport): { attacks: Table; live: Table } {
  const of =
    report.half === null
      ? 'the people of the sample photographs'
      : `${report.people} ${report.half} people${report.half === 'fitting' ? ', on whom the limits were settled' : ''}`;
  return {
    live: {
      title: 'Living people',
      note: `By light of the room, of ${of}: whose light was not found; who of them was led to steps because it could not be told, in too bright a room mostly; and of the others, who were judged, who was refused (BPCER). Intervals 95 % (Clopper-Pearson). ${LIGHT_LIMITATION}`,
      header: [
        'Room',
        'Presentations',
        'Not found',
        'Share',
        'Led to steps',
        'Share',
        'Judged',
        'Refused',
        'BPCER',
        'Match',
        'Reasons',
      ],
      rows: report.live.map((one) => {
        const [name, presentations, errors, share, , ...rest] = row(`${one.ambient} lx`, one);
        const { unclear, judged } = one;
        const led = rateAndInterval(exactProportion(unclear, one.presentations));
        const refused = [`${judged.of}`, `${judged.count}`, rateAndInterval(judged)];
        return [name!, presentations!, errors!, share!, `${unclear}`, led, ...refused, ...rest];
      }),
    },
    attacks: {
      title: 'Attacks against light',
      note: `APCER of each species: light found, interval 95 % (Clopper-Pearson), at the room's lights in turn, of ${of}.`,
      header: ['Species', 'Presentations', 'Accepted', 'APCER', 'Unclear', 'Match', 'Reasons'],
      rows: report.attacks.map((one) => row(one.kind, one)),
    },
  };
}

const row = (
  name: string,
  { presentations, errors, unclear, reasons, medianMatch }: LightTally,
): string[] => [
  name,
  `${presentations}`,
  `${errors.count}`,
  rateAndInterval(errors),
  `${unclear}`,
  medianMatch?.toFixed(2) ?? '',
  reasonCounts(reasons),
];

/** BPCER of each light, then APCER of each species, with their intervals. */
export function lightSvg(report: LightReport): string {
  const tallies = [...report.live, ...report.attacks];
  const series = (from: number, to: number) => ({
    kind: 'points' as const,
    points: tallies.slice(from, to).map(({ errors }, i) => [from + i + 1, errors.rate] as const),
    intervals: tallies.slice(from, to).map(({ errors }) => errors.interval),
  });
  const names = [
    ...report.live.map(({ ambient }) => `${ambient} lx`),
    ...report.attacks.map((_, i) => `${i + 1}`),
  ];
  return chart(
    'Light: errors with 95 % intervals (simulated)',
    sideBySide(
      'Living people by light of the room; species in the order of the table',
      tallies.length,
      (value) => names[value - 1] ?? '',
    ),
    shares('BPCER, APCER'),
    [
      { name: 'living people', colour: COLOURS.blue, ...series(0, report.live.length) },
      { name: 'attacks', colour: COLOURS.orange, ...series(report.live.length, tallies.length) },
    ],
  );
}

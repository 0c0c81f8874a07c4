import type { DecisionReason } from '#contract';
import type { LivenessVerdict } from '#core/liveness';
import { ATTACK_KINDS, type AttackName } from '../../../test/attacks/index.ts';
import { chart, COLOURS } from '../chart.ts';
import { median } from '../metrics.ts';
import { exactProportion, type Proportion } from '../proportion.ts';
import type { Table } from '../tables.ts';
import type { ClipReport } from './clips.ts';

/** One presentation with its verdict; `kind` is null for a bona fide one. */
export interface Outcome {
  readonly kind: AttackName | null;
  readonly person: string;
  readonly verdict: LivenessVerdict;
}

/** Of presentations of one kind. */
export interface Tally {
  readonly presentations: number;
  /** Wrongly decided: attacks accepted (APCER), bona fide ones rejected (BPCER). Intervals: 95 %, Clopper-Pearson. */
  readonly errors: Proportion;
  /** How often each reason was given; a refusal may have several. */
  readonly reasons: Readonly<Partial<Record<DecisionReason, number>>>;
  readonly medianPassive: number | null;
}

export interface AttackTally extends Tally {
  readonly kind: AttackName;
  readonly description: string;
  readonly mustFail: boolean;
}

/** In the terms of ISO/IEC 30107-3. */
export interface AttackReport {
  readonly seed: number;
  readonly people: number;
  readonly attackPresentations: number;
  readonly bonaFide: Tally;
  readonly attacks: readonly AttackTally[];
}

export function makeAttackReport(seed: number, outcomes: readonly Outcome[]): AttackReport {
  const of = (name: AttackName | null): Outcome[] => outcomes.filter(({ kind }) => kind === name);
  const names = Object.keys(ATTACK_KINDS) as AttackName[];
  return {
    seed,
    people: new Set(outcomes.map(({ person }) => person)).size,
    attackPresentations: outcomes.filter(({ kind }) => kind !== null).length,
    bonaFide: tally(of(null), (passed) => !passed),
    attacks: names.map((kind) => {
      const { description, mustFail } = ATTACK_KINDS[kind];
      return { kind, description, mustFail, ...tally(of(kind), (passed) => passed) };
    }),
  };
}

function tally(outcomes: readonly Outcome[], isError: (passed: boolean) => boolean): Tally {
  const verdicts = outcomes.map(({ verdict }) => verdict);
  const reasons: Partial<Record<DecisionReason, number>> = {};
  for (const reason of verdicts.flatMap((verdict) => verdict.reasons)) {
    reasons[reason] = (reasons[reason] ?? 0) + 1;
  }
  const passive = verdicts.flatMap(({ scores }) => scores.passive ?? []);
  return {
    presentations: verdicts.length,
    errors: exactProportion(verdicts.filter(({ passed }) => isError(passed)).length, verdicts.length),
    reasons,
    medianPassive: passive.length > 0 ? median(passive) : null,
  };
}

/** What every report says with its numbers. */
export const LIMITATION =
  'This is our own test with material generated from photographs. It is no certification, and says nothing of masks or of attacks that are not listed.';

export function attackTables(report: AttackReport): { attacks: Table; bonaFide: Table } {
  return {
    attacks: {
      title: 'Attack presentations',
      note: `${report.attackPresentations.toLocaleString('en')} presentations of ${report.people} people; APCER of each species, interval 95 % (Clopper-Pearson). Species with * cannot be told by geometry and timing. ${LIMITATION}`,
      header: ['Species', 'Presentations', 'Accepted', 'APCER', 'Passive', 'Reasons'],
      rows: report.attacks.map((one) => row(`${one.kind}${one.mustFail ? '' : ' *'}`, one)),
    },
    bonaFide: {
      title: 'Bona fide presentations',
      note: 'Generated live visits that were refused.',
      header: ['', 'Presentations', 'Refused', 'BPCER', 'Passive', 'Reasons'],
      rows: [row('live', report.bonaFide)],
    },
  };
}

function row(name: string, { presentations, errors, reasons, medianPassive }: Tally): string[] {
  return [
    name,
    `${presentations}`,
    `${errors.count}`,
    `${percent(errors.rate)} (${errors.interval.map(percent).join(' to ')})`,
    medianPassive?.toFixed(2) ?? '',
    Object.entries(reasons)
      .toSorted(([, a], [, b]) => b - a)
      .map(([reason, count]) => `${reason} ${count}`)
      .join(', '),
  ];
}

export function clipTables({ clips, bpcer, apcer }: ClipReport): Record<string, Table> {
  return {
    clips: {
      title: 'Clips',
      note: LIMITATION,
      header: ['Clip', 'Outcome', 'Steps', 'Passive', 'Reasons'],
      rows: clips.map(({ clip, outcome, steps, passive, reasons, error }) => [
        clip,
        outcome,
        steps.join(' '),
        passive?.toFixed(2) ?? '',
        error?.code ?? reasons.join(', '),
      ]),
    },
    rates: {
      title: 'Rates',
      note: 'Of readable clips.',
      header: [],
      rows: [
        ['BPCER, live clips refused', rateCell(bpcer)],
        ['APCER, attack clips accepted', rateCell(apcer)],
      ],
    },
  };
}

const rateCell = (value: Proportion | null): string =>
  value === null
    ? 'no clips'
    : `${value.count} of ${value.of}, ${percent(value.rate)} (${value.interval.map(percent).join(' to ')})`;

/** APCER of each species with its interval, in the table's order, and BPCER last. */
export function attackSvg(report: AttackReport): string {
  const tallies = [...report.attacks, report.bonaFide];
  const points = (
    kept: (i: number) => boolean,
  ): Pick<Parameters<typeof chart>[3][number], 'points' | 'intervals'> => {
    const shown = tallies.map((one, i) => ({ ...one.errors, i })).filter(({ i }) => kept(i));
    return {
      points: shown.map(({ i, rate }) => [i + 1, rate] as const),
      intervals: shown.map(({ interval }) => interval),
    };
  };
  const required = (i: number): boolean => report.attacks[i]?.mustFail === true;
  return chart(
    'Errors per species, 95 % intervals',
    {
      label: 'Species in the order of the table; last: live visits refused',
      from: 0.5,
      to: tallies.length + 0.5,
      ticks: tallies.map((_, i) => i + 1),
      format: (value) => (value === tallies.length ? 'live' : `${value}`),
    },
    {
      label: 'APCER, BPCER',
      from: 0,
      to: 1,
      ticks: [0, 0.2, 0.4, 0.6, 0.8, 1],
      format: (value) => `${(value * 100).toFixed(0)} %`,
    },
    [
      { name: 'must be refused', colour: COLOURS.blue, kind: 'points', ...points(required) },
      {
        name: 'geometry cannot tell',
        colour: COLOURS.orange,
        kind: 'points',
        ...points((i) => i < report.attacks.length && !required(i)),
      },
      { name: 'live', colour: COLOURS.grey, kind: 'points', ...points((i) => i === report.attacks.length) },
    ],
  );
}

const percent = (share: number): string => `${(share * 100).toFixed(1)} %`;

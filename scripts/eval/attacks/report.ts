import type { DecisionReason } from '#contract';
import { exactProportion, type Proportion } from '#core/matching';
import { ATTACK_KINDS, ATTACK_NAMES, type AttackName } from '../../../test/attacks/index.ts';
import { rateAndInterval, reasonCounts } from '../cells.ts';
import { chart, COLOURS, shares, sideBySide } from '../chart.ts';
import { median } from '../metrics.ts';
import type { Half } from '../halves.ts';
import type { Table } from '../tables.ts';
import type { ClipReport } from './clips.ts';
import type { Outcome, Presented } from './presented.ts';

/** Of presentations of one kind. Intervals: 95 %, Clopper-Pearson. */
export interface Tally {
  readonly presentations: number;
  /** Wrongly judged by liveness: attacks accepted (APCER), bona fide ones taken for attacks (BPCER). */
  readonly errors: Proportion;
  /** Not judged: refused for what the pictures show, and for nothing else (APNRR, BPNRR). */
  readonly notJudged: Proportion;
  /**
   * Wrongly decided in the end: attacks granted as the person they present (IAPAR), enrolled people who were not
   * granted as themselves.
   */
  readonly decisions: Proportion;
  /** How many were granted as another enrolled person. */
  readonly grantedAsOther: number;
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
  /** Which half of the people was presented; null: all. */
  readonly half: Half | null;
  /** How many people were presented, and how many should be in the end. */
  readonly people: number;
  readonly identities: number;
  readonly attackPresentations: number;
  readonly bonaFide: Tally;
  /** Of them, those whose photographs are fit to enrol by. */
  readonly fit: Tally;
  /** People who were refused twice running; null where an earlier run did not present them again. */
  readonly refusedTwice: Proportion | null;
  readonly attacks: readonly AttackTally[];
}

export function makeAttackReport(
  { seed, identities, half }: Pick<AttackReport, 'seed' | 'identities' | 'half'>,
  presented: readonly Presented[],
): AttackReport {
  const outcomes = presented.flatMap((one) => one.outcomes);
  const of = (name: AttackName | null): Outcome[] => outcomes.filter(({ kind }) => kind === name);
  return {
    seed,
    half,
    people: new Set(presented.map(({ photograph }) => photograph)).size,
    identities,
    attackPresentations: outcomes.filter(({ kind }) => kind !== null).length,
    bonaFide: bonaFideTally(of(null)),
    fit: bonaFideTally(of(null).filter(({ fit }) => fit === true)),
    refusedTwice: refusedTwice(of(null)),
    attacks: ATTACK_NAMES.flatMap((kind): AttackTally[] => {
      const all = of(kind);
      if (all.length === 0) return [];
      const { description, mustFail } = ATTACK_KINDS[kind];
      const counts = tally(
        all,
        ({ passed }) => passed,
        ({ granted }) => granted === 'target',
      );
      return [{ kind, description, mustFail, ...counts }];
    }),
  };
}

const bonaFideTally = (outcomes: readonly Outcome[]): Tally =>
  tally(
    outcomes,
    (outcome) => !outcome.passed && !isNotJudged(outcome),
    ({ granted }) => granted !== 'target',
  );

/** What says that the pictures cannot be judged, and nothing of whether somebody is there. */
const CAPTURE_REASONS: ReadonlySet<DecisionReason> = new Set(['no-face', 'several-faces', 'poor-quality']);

const isNotJudged = ({ passed, reasons }: Outcome): boolean =>
  !passed && reasons.length > 0 && reasons.every((reason) => CAPTURE_REASONS.has(reason));

function refusedTwice(live: readonly Outcome[]): Proportion | null {
  const wasAsked = live.every(({ passed, refusedAgain }) => passed || refusedAgain !== undefined);
  return wasAsked
    ? exactProportion(live.filter(({ refusedAgain }) => refusedAgain).length, live.length)
    : null;
}

function tally(
  outcomes: readonly Outcome[],
  isError: (outcome: Outcome) => boolean,
  isWrong: (outcome: Outcome) => boolean,
): Tally {
  const reasons: Partial<Record<DecisionReason, number>> = {};
  for (const reason of outcomes.flatMap((outcome) => outcome.reasons)) {
    reasons[reason] = (reasons[reason] ?? 0) + 1;
  }
  const passive = outcomes.flatMap((outcome) => outcome.passive ?? []);
  const share = (counts: (outcome: Outcome) => boolean): Proportion =>
    exactProportion(outcomes.filter(counts).length, outcomes.length);
  return {
    presentations: outcomes.length,
    errors: share(isError),
    notJudged: share(isNotJudged),
    decisions: share(isWrong),
    grantedAsOther: outcomes.filter(({ granted }) => granted === 'other').length,
    reasons,
    medianPassive: passive.length > 0 ? median(passive) : null,
  };
}

/** What every report says with its numbers. */
export const LIMITATION =
  'This is our own test with material generated from photographs. It is no certification, and says nothing of masks or of attacks that are not listed.';

/** NIST SP 800-63B-4, section 3.2.3: an impostor attack presentation accept rate of less than this. */
const IAPAR_ASKED = 0.07;

export function attackTables(report: AttackReport): { attacks: Table; bonaFide: Table } {
  const { people, identities, half, attackPresentations } = report;
  const of = half === null ? `${people} people` : `${people} ${half} people`;
  const isUnfinished = people < identities || report.attacks.some((one) => one.presentations < people);
  const unfinished = isUnfinished ? ` Unfinished: ${people} of ${identities} people so far.` : '';
  return {
    attacks: {
      title: 'Attack presentations',
      note: `${attackPresentations.toLocaleString('en')} presentations of ${of}; of each species APCER (accepted as live) and IAPAR (granted as the person presented, who is enrolled with the very photograph), intervals 95 % (Clopper-Pearson). Met: the upper end is below the IAPAR of ${IAPAR_ASKED} that NIST SP 800-63B-4 asks for. Species with * cannot be told by geometry and timing.${unfinished} ${LIMITATION}`,
      header: [
        'Species',
        'Presentations',
        'Accepted',
        'APCER',
        'Granted',
        'IAPAR',
        'Met',
        'Passive',
        'Reasons',
      ],
      rows: report.attacks.map((one) =>
        row(
          `${one.kind}${one.mustFail ? '' : ' *'}`,
          one,
          [one.errors, one.decisions],
          [one.decisions.interval[1] < IAPAR_ASKED ? 'yes' : 'no'],
        ),
      ),
    },
    bonaFide: {
      title: 'Bona fide presentations',
      note: `Generated live visits of enrolled people that were taken for attacks (BPCER), that were not judged because a picture has no face, several, or is too poor (BPNRR), and that were not granted in the end; of all, and of those whose photographs the gate for references takes and that show nobody else.${again(report.refusedTwice)}`,
      header: [
        '',
        'Presentations',
        'Refused',
        'BPCER',
        'Not judged',
        'BPNRR',
        'Not granted',
        'Rate',
        'Passive',
        'Reasons',
      ],
      rows: [
        bonaFideRow('live', report.bonaFide),
        ...(report.fit.presentations > 0 ? [bonaFideRow('of fit photographs', report.fit)] : []),
      ],
    },
  };
}

const again = (refused: Proportion | null): string =>
  refused === null
    ? ''
    : ` At a second visit, with other steps than were missed, ${refused.count} of ${refused.of} people were refused again, ${rateAndInterval(refused)}.`;

const bonaFideRow = (name: string, tally: Tally): string[] =>
  row(name, tally, [tally.errors, tally.notJudged, tally.decisions]);

function row(
  name: string,
  { presentations, reasons, medianPassive }: Tally,
  rates: readonly Proportion[],
  more: readonly string[] = [],
): string[] {
  return [
    name,
    `${presentations}`,
    ...rates.flatMap((rate) => [`${rate.count}`, rateAndInterval(rate)]),
    ...more,
    medianPassive?.toFixed(2) ?? '',
    reasonCounts(reasons),
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
  value === null ? 'no clips' : `${value.count} of ${value.of}, ${rateAndInterval(value)}`;

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
    sideBySide(
      'Species in the order of the table; last: live visits taken for attacks',
      tallies.length,
      (value) => (value === tallies.length ? 'live' : `${value}`),
    ),
    shares('APCER, BPCER'),
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

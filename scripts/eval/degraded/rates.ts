import type { QualityCode } from '#contract';
import { seeded, similarity, type Calibration, type Proportion } from '#core/matching';
import { problemOf, whyNobody, type AnalysedFace, type QualityGate, type Template } from '#core/recognition';
import { drawnInterval } from '../proportion.ts';
import type { SpoiledPicture } from '../spoiled/gather.ts';
import { falseMatches, MISS_CONFIDENCE, type KeptRate } from '../spoiled/rates.ts';

/** A rate of people's probes, with the 95 % interval from drawing people again. */
export type DrawnRate = Pick<Proportion, 'count' | 'of' | 'rate' | 'interval'>;

/** Why a picture is refused. */
export type Refusal = QualityCode | 'no-face';

/** Probes by the reason that the visitor hears, and how many of them match all the same. */
export type Tally = Partial<Record<Refusal, { readonly count: number; readonly wouldMatch: number }>>;

/** What comes of the probes of one kind of picture against an untouched reference of the same person. */
export interface DegradedRates {
  readonly kind: string;
  readonly people: number;
  readonly probes: number;
  /** Probes besides, which are left out: the face that was found in them is of another person. */
  readonly leftOut: number;
  /** Not matched at confidence 80, or no face found, whatever the gate says. */
  readonly missed: DrawnRate;
  /** The same, each person weighing the same. `count` is the sum of people's shares. */
  readonly missedByPerson: DrawnRate;
  /** What the gate lets through, and what of that matches. */
  readonly passed: { readonly matched: number; readonly missed: number };
  /** What the gate refuses, by what the visitor is told. */
  readonly refused: Tally;
  /** What is told after a miss to the visitors whose probes passed. */
  readonly advised: Tally;
  /** Probes that pass the gate against references of other people. */
  readonly falseMatches: readonly KeptRate[];
}

/** What a probe must pass, and what is told after a miss; null: nothing. */
export interface Gates {
  readonly gate: QualityGate;
  readonly advice: QualityGate | null;
}

const RESAMPLES = 400;

/**
 * @param references untouched pictures, one of each person
 * @param probes pictures of the same people, by kind
 */
export function degradedRates(
  references: readonly SpoiledPicture[],
  probes: readonly SpoiledPicture[],
  { gate, advice }: Gates,
  calibration: Calibration,
): DegradedRates[] {
  const known = new Map(
    references.flatMap(({ person, path, found }) =>
      found ? [[person, { person, path, template: found.template }] as const] : [],
    ),
  );
  const threshold = calibration.similarity(MISS_CONFIDENCE);
  return [...Map.groupBy(probes, ({ kind }) => kind)].map(([kind, all]): DegradedRates => {
    const own = all.filter(({ isOfAnother, person }) => !isOfAnother && known.has(person));
    const results = own.map((picture) => ({
      ...picture,
      matches:
        picture.found !== null &&
        similarity(picture.found.template, known.get(picture.person)!.template) >= threshold,
      problem: refusalOf(picture, gate),
    }));
    const tallies = [...Map.groupBy(results, ({ person }) => person).values()].map((some) => ({
      missed: some.filter(({ matches }) => !matches).length,
      of: some.length,
    }));
    const passed = results.filter(({ problem }) => problem === null);
    return {
      kind,
      people: tallies.length,
      probes: own.length,
      leftOut: all.length - own.length,
      missed: drawn(tallies),
      missedByPerson: drawn(tallies.map(({ missed, of }) => ({ missed: missed / of, of: 1 }))),
      passed: {
        matched: passed.filter(({ matches }) => matches).length,
        missed: passed.filter(({ matches }) => !matches).length,
      },
      refused: tally(results),
      advised: tally(
        passed.flatMap((result) =>
          result.matches || advice === null ? [] : [{ ...result, problem: refusalOf(result, advice) }],
        ),
      ),
      falseMatches: falseMatches(
        passed.map(({ person, path, found }) => ({ person, path, template: templateOf(found) })),
        [...known.values()],
        calibration,
      ),
    };
  });
}

function tally(results: readonly { readonly problem: Refusal | null; readonly matches: boolean }[]): Tally {
  const tally: Tally = {};
  for (const { problem, matches } of results) {
    if (problem === null) continue;
    const { count, wouldMatch } = tally[problem] ?? { count: 0, wouldMatch: 0 };
    tally[problem] = { count: count + 1, wouldMatch: wouldMatch + (matches ? 1 : 0) };
  }
  return tally;
}

/** What the visitor is told of a picture; null where the gate lets it through. */
function refusalOf({ found, turn, luma }: SpoiledPicture, gate: QualityGate): Refusal | null {
  const problem = problemOf({ face: found as AnalysedFace | null, turn }, gate);
  return problem === 'no-face' ? whyNobody({ luma }) : problem;
}

function templateOf(found: SpoiledPicture['found']): Template {
  if (found === null) throw new RangeError('A gate lets no picture through that shows nobody.');
  return found.template;
}

function drawn(tallies: readonly { readonly missed: number; readonly of: number }[]): DrawnRate {
  const total = (of: typeof tallies): { count: number; of: number; rate: number } => {
    const count = of.reduce((sum, { missed }) => sum + missed, 0);
    const all = of.reduce((sum, tally) => sum + tally.of, 0);
    return { count, of: all, rate: count / Math.max(1, all) };
  };
  const random = seeded(1);
  const rates = Array.from(
    { length: RESAMPLES },
    () => total(tallies.map(() => tallies[Math.floor(random() * tallies.length)]!)).rate,
  );
  return { ...total(tallies), interval: drawnInterval(rates, tallies.length) };
}

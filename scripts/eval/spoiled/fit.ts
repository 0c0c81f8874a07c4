import type { ModelSetName, QualityCode, SpoilingTable } from '#contract';
import {
  appearanceOf,
  checkGate,
  RECOGNITION_GATE,
  spoilingFeatures,
  type SpoilingEvidence,
} from '#core/recognition';
import type { SpoiledPicture } from './gather.ts';
import { KINDS, UNTOUCHED } from './kinds.ts';
import { cholesky, solve } from './linear.ts';

/** How limits are set. */
export interface LimitRules {
  /**
   * A limit is set where this share of untouched pictures of people who had no part in the discriminant exceed it, or
   * further out where all but the other share of spoiled ones still do.
   */
  readonly untouchedRefused: number;
  readonly spoiledMissed: number;
  /** Of the covariance, the share that is replaced by that of a sphere. */
  readonly shrinkage: number;
}

/** How limits are set for the networks of one set. */
export interface FitRules extends LimitRules {
  /** Kinds that get a discriminant besides those of {@link KINDS}, and why their pictures are refused. */
  readonly besides: Readonly<Record<string, QualityCode>>;
}

/**
 * Settled by cross-validation on the people that limits are set on. The default set has about as many numbers in a template
 * as there are people, which takes much shrinkage. The clean set has a quarter of them; faces are more alike in
 * it when they are reduced or dark, so it needs discriminants for these, too.
 */
export const FIT_RULES: Readonly<Record<ModelSetName, FitRules>> = {
  default: { untouchedRefused: 0.003, spoiledMissed: 0.02, shrinkage: 0.2, besides: {} },
  clean: {
    untouchedRefused: 0.01,
    spoiledMissed: 0.005,
    shrinkage: 0.01,
    besides: { '24-pixel face, enlarged': 'blurred', dark: 'too-dark' },
  },
};

/** A kind of picture, and why such a picture is refused; null for untouched ones, which come first. */
export type FittedKind = readonly [name: string, code: QualityCode | null];

/** The kinds that a table is made of: untouched first, then those that get a discriminant, with their code. */
export function fittedKinds({ besides }: FitRules): FittedKind[] {
  return Object.entries(KINDS).flatMap(([name, kind]): FittedKind[] => {
    const code = kind.code ?? besides[name] ?? null;
    return name === UNTOUCHED || code !== null ? [[name, code]] : [];
  });
}

/** How much each number weighs before the data speaks, in numbers of a template. */
const WEIGHTS = { measure: 3, appearance: 1 } as const;

const FOLDS = 5;

interface Sample {
  readonly fold: number;
  readonly kind: number;
  readonly x: Float64Array;
  /** Whether every other rule of the gate lets it pass, so that a discriminant has to tell. */
  readonly passes: boolean;
}

/**
 * For each kind of spoiling that needs one, Fisher's linear discriminant between spoiled and untouched pictures, over
 * templates, appearance and measurements (R. A. Fisher, 1936; shrinkage after J. H. Friedman, "Regularized discriminant analysis", 1989).
 * Limits are set on people who were left out, a fifth at a time.
 * @param fitted untouched pictures, then each kind that gets a discriminant
 */
export function fitSpoiling(
  pictures: readonly SpoiledPicture[],
  fitted: readonly FittedKind[],
  rules: LimitRules,
  { modelId, dataSet }: Pick<SpoilingTable, 'modelId' | 'dataSet'>,
): SpoilingTable {
  const names = fitted.map(([name]) => name);
  const people = [...new Set(pictures.map(({ person }) => person))];
  const folds = new Map(people.map((person, i) => [person, i % FOLDS]));
  const found = pictures.flatMap(({ found, isOfAnother, person, kind }) =>
    found && !isOfAnother && names.includes(kind)
      ? [{ found, fold: folds.get(person)!, kind: names.indexOf(kind) }]
      : [],
  );
  const scales = scalesOf(found.filter(({ kind }) => kind === 0).map(({ found }) => found));
  const samples = found.map(({ found, fold, kind }): Sample => ({
    fold,
    kind,
    x: Float64Array.from([
      ...found.template,
      ...numbersOf(found).map((value, i) => (value - scales[i]!.mean) * scales[i]!.weight),
    ]),
    passes:
      checkGate(RECOGNITION_GATE, { ...found.measurements, spoiling: null, cover: null, turn: 0 }).length ===
      0,
  }));
  const sums = new Sums(samples, names.length, rules.shrinkage);
  const leftOut = Array.from({ length: FOLDS }, (_, fold) => sums.discriminants((other) => other !== fold));
  const final = sums.discriminants(() => true);

  const kinds = fitted.slice(1).map(([name, code], i): SpoilingTable['kinds'][number] => {
    const scoresOf = (kind: number): number[] =>
      samples
        .filter((sample) => sample.kind === kind && sample.passes)
        .map(({ fold, x }) => dot(leftOut[fold]![i]!, x))
        .toSorted((a, b) => a - b);
    const untouched = scoresOf(0);
    const typical = quantile(untouched, 0.5);
    const limit = Math.max(
      quantile(untouched, 1 - rules.untouchedRefused),
      quantile(scoresOf(i + 1), rules.spoiledMissed),
    );
    const weights = final[i]!.map((weight) => weight / (limit - typical));
    const dimension = weights.length - scales.length;
    const others = scales.map(({ weight }, j) => weight * weights[dimension + j]!);
    return {
      name,
      code: code!,
      template: toBase64(weights.subarray(0, dimension)),
      appearance: toBase64(others.slice(MEASURES)),
      measures: others.slice(0, MEASURES),
      offset: -typical / (limit - typical) - scales.reduce((sum, { mean }, j) => sum + mean * others[j]!, 0),
    };
  });
  return {
    modelId,
    dataSet,
    people: people.length,
    method: `Fisher's discriminants over templates, appearance and measurements, shrinkage ${rules.shrinkage}; likeness 1 is exceeded by ${rules.untouchedRefused} of untouched pictures of people left out, or by fewer where ${1 - rules.spoiledMissed} of spoiled ones still exceed it`,
    kinds,
  };
}

/** How many of {@link numbersOf} are measurements. */
const MEASURES = 5;

/** What is judged besides the template: measurements, then the appearance. */
const numbersOf = ({ measurements, print }: SpoilingEvidence): number[] => [
  ...spoilingFeatures(measurements),
  ...appearanceOf(print),
];

const toBase64 = (numbers: Iterable<number>): string =>
  Buffer.from(Float32Array.from(numbers).buffer).toString('base64');

/** Mean of each number of untouched pictures, and what brings its spread to about that of a template's number. */
function scalesOf(faces: readonly SpoilingEvidence[]): { mean: number; weight: number }[] {
  const numbers = faces.map(numbersOf);
  const dimension = faces[0]!.template.length;
  return numbers[0]!.map((_, i) => {
    const values = numbers.map((one) => one[i]!);
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
    const share = i < MEASURES ? WEIGHTS.measure : WEIGHTS.appearance;
    // A number that never changes, such as a length that a network does not tell, weighs nothing.
    return { mean, weight: variance < 1e-12 ? 0 : share / Math.sqrt(variance * dimension) };
  });
}

/** Sums over samples by fold and kind, from which discriminants of any folds follow. */
class Sums {
  readonly #kinds: number;
  readonly #shrinkage: number;
  readonly #dimension: number;
  readonly #products: Float64Array[];
  readonly #sums: Float64Array[][];
  readonly #counts: number[][];

  constructor(samples: readonly Sample[], kinds: number, shrinkage: number) {
    this.#kinds = kinds;
    this.#shrinkage = shrinkage;
    this.#dimension = samples[0]!.x.length;
    const d = this.#dimension;
    this.#products = Array.from({ length: FOLDS }, () => new Float64Array(d * d));
    this.#sums = Array.from({ length: FOLDS }, () =>
      Array.from({ length: kinds }, () => new Float64Array(d)),
    );
    this.#counts = Array.from({ length: FOLDS }, () => Array.from({ length: kinds }, () => 0));
    for (const { fold, kind, x } of samples) {
      addOuter(this.#products[fold]!, x, 1);
      const sum = this.#sums[fold]![kind]!;
      for (let i = 0; i < d; i++) sum[i]! += x[i]!;
      this.#counts[fold]![kind]! += 1;
    }
  }

  /** Of each kind but the first, the direction that tells it from the first. */
  discriminants(uses: (fold: number) => boolean): Float64Array[] {
    const d = this.#dimension;
    const folds = [...Array(FOLDS).keys()].filter(uses);
    const within = new Float64Array(d * d);
    for (const fold of folds) for (let i = 0; i < d * d; i++) within[i]! += this.#products[fold]![i]!;
    let total = 0;
    const means = Array.from({ length: this.#kinds }, (_, kind) => {
      const count = folds.reduce((sum, fold) => sum + this.#counts[fold]![kind]!, 0);
      const mean = new Float64Array(d);
      for (const fold of folds) {
        for (let i = 0; i < d; i++) mean[i]! += this.#sums[fold]![kind]![i]! / Math.max(1, count);
      }
      addOuter(within, mean, -count);
      total += count;
      return mean;
    });
    let trace = 0;
    for (let i = 0; i < d; i++) trace += within[i * d + i]! / total;
    for (let i = 0; i < d * d; i++) within[i]! *= (1 - this.#shrinkage) / total;
    for (let i = 0; i < d; i++) within[i * d + i]! += (this.#shrinkage * trace) / d;
    const factor = cholesky(within, d);
    return means.slice(1).map((mean) =>
      solve(
        factor,
        d,
        mean.map((value, i) => value - means[0]![i]!),
      ),
    );
  }
}

/** Add `weight` times the product of a vector with itself to the lower triangle of a square matrix. */
function addOuter(matrix: Float64Array, x: Float64Array, weight: number): void {
  const d = x.length;
  for (let i = 0; i < d; i++) {
    const xi = weight * x[i]!;
    for (let j = 0; j <= i; j++) matrix[i * d + j]! += xi * x[j]!;
  }
}

const dot = (a: Float64Array, b: Float64Array): number => a.reduce((sum, value, i) => sum + value * b[i]!, 0);

/** Of numbers in rising order; without any, lower than all. */
const quantile = (sorted: readonly number[], share: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? -Infinity;

/** Similarities are counted in steps of 1e-4, the precision of a calibration table. */
const STEPS_PER_UNIT = 10_000;
const STEPS = 2 * STEPS_PER_UNIT + 1;

/** Of many pairs, only the most similar are remembered one by one: twice what the highest rate of a table needs. */
const REMEMBERED_SHARE = 0.2;
const ALWAYS_REMEMBERED = 1_000_000;

/** Where a share of the comparisons lies. */
export interface Quantile {
  /** The least similarity that at most this share of the comparisons reaches; just above 1 when none is low enough. */
  readonly similarity: number;
  /** Mean of how far those that reach it lie above it; NaN when there is none. */
  readonly meanExcess: number;
}

/**
 * Similarities of images of different people, each image compared with each other once.
 *
 * Comparisons that share a person are not independent, so their uncertainty is found by drawing people: a population
 * counts each person a number of times, and a comparison weighs the product of both people's counts. Two copies of one
 * person are no impostors and weigh nothing. Where matches are too rare for people to share them, this errs on the
 * wide side, by up to the square root of three. (R. M. Bolle et al., The subsets bootstrap, 2004, for whole people;
 * weighted by products, as for a U-statistic of two arguments.)
 */
export class ImpostorPairs {
  readonly people: number;
  readonly comparisons: number;
  /** Each person counts once. */
  readonly everyone: Float64Array;
  /** Images of each person. */
  readonly #images: Float64Array;
  /** Remembered pairs, the most similar first: similarity in steps, and both people. */
  readonly #step: Uint16Array;
  readonly #first: Uint32Array;
  readonly #second: Uint32Array;

  /**
   * @param people the person that each image shows
   * @param similarityOf compares the images i < j, -1..1; asked once for each two images of different people
   */
  constructor(people: readonly string[], similarityOf: (i: number, j: number) => number) {
    const numbers = new Map([...new Set(people)].map((person, number) => [person, number]));
    const person = Uint32Array.from(people, (name) => numbers.get(name)!);
    this.people = numbers.size;
    this.everyone = new Float64Array(this.people).fill(1);
    this.#images = new Float64Array(this.people);
    for (const number of person) this.#images[number]! += 1;
    this.comparisons = this.#weight(this.everyone);

    const steps = new Uint16Array(this.comparisons);
    const counts = new Uint32Array(STEPS);
    let at = 0;
    for (let i = 0; i < person.length; i++) {
      for (let j = i + 1; j < person.length; j++) {
        if (person[i] === person[j]) continue;
        const step = toStep(similarityOf(i, j), Math.floor);
        steps[at++] = step;
        counts[step]! += 1;
      }
    }

    // Counting sort of the most similar: `place` is where the next pair of a step goes.
    const enough = Math.max(ALWAYS_REMEMBERED, REMEMBERED_SHARE * this.comparisons);
    const place = new Uint32Array(STEPS);
    let remembered = 0;
    let least = STEPS;
    while (least > 0 && remembered < enough) {
      place[--least] = remembered;
      remembered += counts[least]!;
    }
    this.#step = new Uint16Array(remembered);
    this.#first = new Uint32Array(remembered);
    this.#second = new Uint32Array(remembered);
    at = 0;
    for (let i = 0; i < person.length; i++) {
      for (let j = i + 1; j < person.length; j++) {
        if (person[i] === person[j]) continue;
        const step = steps[at++]!;
        if (step < least) continue;
        const index = place[step]!++;
        this.#step[index] = step;
        this.#first[index] = person[i]!;
        this.#second[index] = person[j]!;
      }
    }
  }

  /** Different pairs of people; comparisons of the same two people repeat each other. */
  get pairsOfPeople(): number {
    return (this.people * (this.people - 1)) / 2;
  }

  /** Populations of the same size drawn from these people with replacement, the same for the same random numbers. */
  *resamples(count: number, random: () => number): Generator<Float64Array> {
    for (let i = 0; i < count; i++) {
      const population = new Float64Array(this.people);
      for (let k = 0; k < this.people; k++) population[Math.floor(random() * this.people)]! += 1;
      yield population;
    }
  }

  /** @param rates shares of the comparisons, rising, up to 0.1 */
  quantiles(rates: readonly number[], population: Float64Array = this.everyone): Quantile[] {
    const total = this.#weight(population);
    const found: Quantile[] = [];
    let reached = 0;
    let sum = 0;
    for (let i = 0; i < this.#step.length && found.length < rates.length; i++) {
      const step = this.#step[i]!;
      const weight = population[this.#first[i]!]! * population[this.#second[i]!]!;
      while (found.length < rates.length && reached + weight > rates[found.length]! * total) {
        found.push({ similarity: fromStep(step + 1), meanExcess: sum / reached - fromStep(step + 1) });
      }
      reached += weight;
      // The middle of the step: what fell into it lies there on average.
      sum += weight * fromStep(step + 0.5);
    }
    const least = fromStep(this.#step.at(-1) ?? 0);
    while (found.length < rates.length) found.push({ similarity: least, meanExcess: sum / reached - least });
    return found;
  }

  /** The share of comparisons at or above a similarity, 0..1; up to the remembered share. */
  rateAt(similarity: number, population: Float64Array = this.everyone): number {
    const least = toStep(similarity, Math.ceil);
    let reached = 0;
    for (let i = 0; i < this.#step.length && this.#step[i]! >= least; i++) {
      reached += population[this.#first[i]!]! * population[this.#second[i]!]!;
    }
    return reached / this.#weight(population);
  }

  /** All comparisons between different people, each as often as both people count. */
  #weight(population: Float64Array): number {
    let sum = 0;
    let same = 0;
    for (const [person, images] of this.#images.entries()) {
      const counted = images * population[person]!;
      sum += counted;
      same += counted * counted;
    }
    return (sum * sum - same) / 2;
  }
}

/** Rounding errors beyond -1 and 1 stay at the ends; those of a multiple of the step are forgiven. */
function toStep(similarity: number, round: (x: number) => number): number {
  const exact = (similarity + 1) * STEPS_PER_UNIT;
  const nearest = Math.round(exact);
  const step = Math.abs(exact - nearest) < 1e-6 ? nearest : round(exact);
  return Math.min(STEPS - 1, Math.max(0, step));
}

const fromStep = (step: number): number => (step - STEPS_PER_UNIT) / STEPS_PER_UNIT;

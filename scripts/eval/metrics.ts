/** Width of a histogram bin: thresholds are exact to this similarity. */
const BINS_PER_UNIT = 200_000;
const BINS = 2 * BINS_PER_UNIT;

/** Similarities, counted in bins of 5e-6 from -1 to 1: any number of comparisons in fixed memory. */
export class Scores {
  readonly #counts = new Float64Array(BINS);
  #total = 0;

  get total(): number {
    return this.#total;
  }

  add(similarity: number): void {
    const bin = Math.floor((similarity + 1) * BINS_PER_UNIT);
    this.#counts[bin < 0 ? 0 : bin >= BINS ? BINS - 1 : bin]! += 1;
    this.#total += 1;
  }

  /** Share of scores in each range of a width, from -1 to 1; the width divides 2. */
  shares(width: number): number[] {
    const bins = Math.round(width * BINS_PER_UNIT);
    return Array.from(
      { length: BINS / bins },
      (_, i) => this.#counts.subarray(i * bins, (i + 1) * bins).reduce((a, b) => a + b, 0) / this.#total,
    );
  }

  /** Share of scores at or above the lower edge of each bin; one element more than bins, the last is 0. */
  shareAtOrAbove(): Float64Array {
    const share = new Float64Array(BINS + 1);
    let above = 0;
    for (let bin = BINS - 1; bin >= 0; bin--) share[bin] = (above += this.#counts[bin]!) / this.#total;
    return share;
  }
}

/** Shares of scores at each threshold: false matches of impostors, true matches of genuine pairs. */
export class Rates {
  readonly #falseMatch: Float64Array;
  readonly #trueMatch: Float64Array;
  readonly #impostors: number;

  constructor(genuine: Scores, impostor: Scores) {
    this.#falseMatch = impostor.shareAtOrAbove();
    this.#trueMatch = genuine.shareAtOrAbove();
    this.#impostors = impostor.total;
  }

  /**
   * Where false matches are as frequent as false non-matches: the mean of both at the threshold where they are
   * closest.
   */
  equalError(): { rate: number; similarity: number } {
    let best = 0;
    const gap = (bin: number): number => Math.abs(this.#falseMatch[bin]! - (1 - this.#trueMatch[bin]!));
    for (let bin = 1; bin <= BINS; bin++) if (gap(bin) < gap(best)) best = bin;
    return { rate: (this.#falseMatch[best]! + 1 - this.#trueMatch[best]!) / 2, similarity: lowerEdge(best) };
  }

  /** The lowest threshold whose false-match rate is at most `far`, and the share of genuine pairs it accepts. */
  at(far: number): { far: number; tar: number; similarity: number } {
    let bin = BINS;
    while (bin > 0 && this.#falseMatch[bin - 1]! <= far) bin--;
    return { far, tar: this.#trueMatch[bin]!, similarity: lowerEdge(bin) };
  }

  /** The trade-off between both errors, at rates evenly spaced on a logarithmic axis from 1 down to 1e-6. */
  curve(): { falseMatchRate: number; falseNonMatchRate: number }[] {
    return Array.from({ length: 121 }, (_, i) => 10 ** (-i / 20))
      .filter((far) => this.supports(far))
      .map((far) => ({ falseMatchRate: far, falseNonMatchRate: 1 - this.at(far).tar }));
  }

  /**
   * Whether there are enough impostor comparisons to speak of a rate: with none of n wrong, the rate is below 3/n
   * with 95 % confidence (rule of three).
   */
  supports(far: number): boolean {
    return this.#impostors * far >= 3;
  }
}

const lowerEdge = (bin: number): number => (bin - BINS_PER_UNIT) / BINS_PER_UNIT;

/** The middle value; NaN of none. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  return Number.isInteger(middle) ? (sorted[middle - 1]! + sorted[middle]!) / 2 : sorted[Math.floor(middle)]!;
}

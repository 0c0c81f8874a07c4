/** A part of a whole, with a 95 % confidence interval; rates 0..1. */
export interface Proportion {
  readonly count: number;
  readonly of: number;
  readonly rate: number;
  readonly interval: readonly [low: number, high: number];
}

/**
 * A proportion with the exact 95 % interval of Clopper and Pearson, "The use of confidence or fiducial limits", 1934: never
 * narrower than promised, and the one that ISO/IEC 30107-3 reports cite.
 * @param count whole number
 * @param of 0: nothing is known, rate 0 of an interval from 0 to 1
 */
export function exactProportion(count: number, of: number): Proportion {
  const tail = 0.025;
  const low = count === 0 ? 0 : bisect((p) => 1 - atMost(count - 1, of, p) < tail);
  const high = count === of ? 1 : bisect((p) => atMost(count, of, p) > tail);
  return { count, of, rate: count / Math.max(1, of), interval: [low, high] };
}

/** Probability of at most `count` of `of` when each happens with probability `p`, 0 < p < 1. */
function atMost(count: number, of: number, p: number): number {
  let logarithm = of * Math.log1p(-p);
  let sum = Math.exp(logarithm);
  for (let k = 1; k <= count; k++) {
    logarithm += Math.log((of - k + 1) / k) + Math.log(p) - Math.log1p(-p);
    sum += Math.exp(logarithm);
  }
  return sum;
}

/** Where a condition that holds near 0 and not near 1 ends. */
function bisect(holds: (p: number) => boolean): number {
  let [low, high] = [0, 1];
  for (let i = 0; i < 50; i++) {
    const middle = (low + high) / 2;
    if (holds(middle)) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

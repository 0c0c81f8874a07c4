import { percentileInterval } from '#core/matching';

/** A part of a whole, with a 95 % confidence interval; rates 0..1. */
export interface Proportion {
  readonly count: number;
  readonly of: number;
  readonly rate: number;
  readonly interval: readonly [low: number, high: number];
}

/** The normal distribution's two-sided 95 % point. */
const Z = 1.959964;

/**
 * With Wilson's score interval, which holds for small counts too. Fractions are allowed: means over several draws.
 * (E. B. Wilson, 1927; R. G. Newcombe, Statistics in Medicine 17, 1998, method 3.)
 */
export function proportion(count: number, of: number): Proportion {
  const rate = count / of;
  const centre = (count + Z ** 2 / 2) / (of + Z ** 2);
  const half = (Z / (of + Z ** 2)) * Math.sqrt((count * (of - count)) / of + Z ** 2 / 4);
  return { count, of, rate, interval: [Math.max(0, centre - half), Math.min(1, centre + half)] };
}

/**
 * The same with the exact interval of Clopper and Pearson, "The use of confidence or fiducial limits", 1934: never
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

/**
 * The 95 % interval of a rate from resampled rates. Resampling knows nothing of errors that never happened: without any,
 * the rule of three sets the upper end.
 * @param units what could have gone wrong independently: people, or pairs of people
 */
export function drawnInterval(rates: readonly number[], units: number): [low: number, high: number] {
  const [low, high] = percentileInterval(rates);
  return high === 0 ? [0, Math.min(1, 3 / units)] : [low, high];
}

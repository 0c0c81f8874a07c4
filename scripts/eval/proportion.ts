import { percentileInterval, type Proportion } from '#core/matching';

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
 * The 95 % interval of a rate from resampled rates. Resampling knows nothing of errors that never happened: without any,
 * the rule of three sets the upper end.
 * @param units what could have gone wrong independently: people, or pairs of people
 */
export function drawnInterval(rates: readonly number[], units: number): [low: number, high: number] {
  const [low, high] = percentileInterval(rates);
  return high === 0 ? [0, Math.min(1, 3 / units)] : [low, high];
}

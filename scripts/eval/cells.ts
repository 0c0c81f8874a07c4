import { type Proportion } from '#core/matching';

/** A share (0..1), to a tenth of a percent. */
const percent = (share: number): string => `${(share * 100).toFixed(1)} %`;

export const rateAndInterval = ({ rate, interval }: Pick<Proportion, 'rate' | 'interval'>): string =>
  `${percent(rate)} (${interval.map(percent).join(' to ')})`;

/** Reasons, each with how often it was given, the most frequent first. */
export const reasonCounts = (reasons: Readonly<Record<string, number>>): string =>
  Object.entries(reasons)
    .toSorted(([, a], [, b]) => b - a)
    .map(([reason, count]) => `${reason} ${count}`)
    .join(', ');

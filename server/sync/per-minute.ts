import { LintelError } from '#contract';
import type { Rates } from '#core/store';

const MINUTE_MS = 60_000;

/** Most names counted at once. All further names share one count, so a client with many addresses gains nothing. */
const NAMES = 10_000;

/**
 * Limits what each name does within a minute.
 * @param kind of what is counted
 * @param most of it in a minute
 * @param now monotonic, in milliseconds
 * @returns counts `cost` more for a name; throws LintelError `rate-limited` when that is too much
 */
export function perMinute(
  rates: Rates,
  kind: string,
  most: number,
  now: () => number = () => performance.now(),
): (name: string, cost?: number) => Promise<void> {
  let names = new Set<string>();
  let began = now();
  return async (name, cost = 1) => {
    if (now() - began >= MINUTE_MS) {
      names = new Set();
      began = now();
    }
    const isCounted = names.size < NAMES || names.has(name);
    if (isCounted) names.add(name);
    const { count, endsInMs } = await rates.take(`${kind} ${isCounted ? name : ''}`, cost);
    if (count <= most) return;
    throw new LintelError('rate-limited', undefined, { retryAfter: Math.ceil(endsInMs / 1000) });
  };
}

import { LintelError } from '#contract';

const MINUTE_MS = 60_000;

/** Most names counted at once. All further names share one count, so a client with many addresses gains nothing. */
const NAMES = 10_000;

/**
 * Counts what each name does within a minute.
 * @param most of it in a minute
 * @param now monotonic, in milliseconds
 * @returns counts `cost` more for a name; throws LintelError `rate-limited` when that is too much
 */
export function perMinute(
  most: number,
  now: () => number = () => performance.now(),
): (name: string, cost?: number) => void {
  let counts = new Map<string, number>();
  let began = now();
  return (name, cost = 1) => {
    if (now() - began >= MINUTE_MS) {
      counts = new Map();
      began = now();
    }
    const counted = counts.has(name) || counts.size < NAMES ? name : '';
    const count = (counts.get(counted) ?? 0) + cost;
    counts.set(counted, count);
    if (count <= most) return;
    const retryAfter = Math.ceil((began + MINUTE_MS - now()) / 1000);
    throw new LintelError('rate-limited', undefined, { retryAfter });
  };
}

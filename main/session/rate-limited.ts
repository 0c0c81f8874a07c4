import { LintelError } from '#contract';

/** In the long run one call of a kind goes through in this time. Milliseconds. */
const GAP = 1_000;
/** Calls may run ahead of that by so much, as a visitor may touch quickly: ten at once. Milliseconds. */
const AHEAD = 9 * GAP;

/**
 * Limits how often a function is called: with each kind ten times at once, and once a second after that. For what a screen, or who
 * stands before it, causes to be written to a log, which must not be filled so.
 * @param tell what is called with the kind, and whatever else it takes
 * @param now monotonic clock in milliseconds
 * @returns `tell` with that limit, which throws LintelError `rate-limited` beyond it
 */
export function rateLimited<Kind extends string, More extends unknown[]>(
  tell: (kind: Kind, ...more: More) => Promise<void>,
  now: () => number = () => performance.now(),
): (kind: Kind, ...more: More) => Promise<void> {
  /** When the next one of a kind would not be ahead. */
  const due = new Map<Kind, number>();
  return async (kind, ...more) => {
    const at = now();
    const next = Math.max(due.get(kind) ?? at, at);
    if (next - at > AHEAD) throw new LintelError('rate-limited');
    due.set(kind, next + GAP);
    await tell(kind, ...more);
  };
}

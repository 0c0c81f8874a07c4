import { LintelError } from '#contract';

/** A screen that lies must not fill the event log: in the long run one of a kind counts in this time, in milliseconds. */
const GAP = 1_000;
/** A visitor may touch quickly: so many milliseconds ahead of that one still counts. */
const AHEAD = 9 * GAP;

/**
 * Takes what a screen says for the event log, of its notice for example: each kind ten times at once, and once a second after that.
 * @param now monotonic clock in milliseconds
 * @throws LintelError `rate-limited`
 */
export function createNoticeDesk<Kind extends string, More extends unknown[]>(
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

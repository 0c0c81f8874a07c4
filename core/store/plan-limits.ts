import { LintelError, type PlanLimits } from '#contract';

const MINUTE = 60_000;
/** A call waits for so long at most until it is counted, in milliseconds. A later one may be counted before it. */
const LONGEST_WAIT = 10_000;

/** The minute in which an account's calls are counted. */
export interface CountedMinute {
  /** Milliseconds since 1970. */
  readonly began: number;
  readonly calls: number;
}

/** The minute that runs: the last one, or a new one. A clock that was set back keeps none running for longer than by `LONGEST_WAIT`. */
export function runningMinute(last: CountedMinute | null, now: Date): CountedMinute {
  const at = now.getTime();
  const isLast = last !== null && at - last.began < MINUTE && last.began - at <= LONGEST_WAIT;
  return isLast ? last : { began: at, calls: 0 };
}

export const endOfMinute = ({ began }: CountedMinute): Date => new Date(began + MINUTE);

/**
 * @param callsOfMonth of the calendar's month (UTC), those under way with them; asked only where a limit needs it
 * @throws `rate-limited`, `month-used-up`, either with the seconds until there are calls again
 */
export function requireCallsLeft(
  { minute, month }: PlanLimits,
  running: CountedMinute,
  callsOfMonth: () => number,
  now: Date,
): void {
  const secondsUntil = (end: number): number => Math.ceil((end - now.getTime()) / 1000);
  if (minute !== null && running.calls >= minute) {
    const retryAfter = secondsUntil(endOfMinute(running).getTime());
    throw new LintelError('rate-limited', undefined, { retryAfter });
  }
  if (month !== null && callsOfMonth() >= month) {
    const retryAfter = secondsUntil(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + 1));
    throw new LintelError('month-used-up', undefined, { retryAfter });
  }
}

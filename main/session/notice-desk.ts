import { LintelError, type NoticeEventKind } from '#contract';

/** Nobody answers a notice sooner: a screen that lies must not fill the event log. Milliseconds. */
const LEAST_GAP = 1_000;

/**
 * Takes what a screen says of its notice, each kind once a second at most.
 * @param now monotonic clock in milliseconds
 * @throws LintelError `rate-limited`
 */
export function createNoticeDesk(
  tell: (kind: NoticeEventKind) => Promise<void>,
  now: () => number = () => performance.now(),
): (kind: NoticeEventKind) => Promise<void> {
  const last = new Map<NoticeEventKind, number>();
  return async (kind) => {
    const at = now();
    if (at - (last.get(kind) ?? -Infinity) < LEAST_GAP) throw new LintelError('rate-limited');
    last.set(kind, at);
    await tell(kind);
  };
}

import { LintelError, type NoticeEventKind } from '#contract';

/** A screen that lies must not fill the event log: in the long run one notice of a kind counts in this time, in milliseconds. */
const GAP = 1_000;
/** A visitor may touch quickly: so many milliseconds ahead of that a notice still counts. */
const AHEAD = 9 * GAP;

/**
 * Takes what a screen says of its notice: each kind ten times at once, and once a second after that.
 * @param now monotonic clock in milliseconds
 * @throws LintelError `rate-limited`
 */
export function createNoticeDesk(
  tell: (kind: NoticeEventKind) => Promise<void>,
  now: () => number = () => performance.now(),
): (kind: NoticeEventKind) => Promise<void> {
  /** When the next notice of a kind would not be ahead. */
  const due = new Map<NoticeEventKind, number>();
  return async (kind) => {
    const at = now();
    const next = Math.max(due.get(kind) ?? at, at);
    if (next - at > AHEAD) throw new LintelError('rate-limited');
    due.set(kind, next + GAP);
    await tell(kind);
  };
}

import type { AssuranceLevel, DecisionReason, DoorConfig, NoticeEventKind } from '#contract';
import { eventOf, type EventLog } from '../doors/index.ts';
import { createNoticeDesk } from '../session/index.ts';

/**
 * Where screens say what goes into the event log as they say it. Of all screens together: one that connects again and again must
 * not fill the log.
 * @param now monotonic clock in milliseconds
 */
export function createEventDesks(
  events: Pick<EventLog, 'add'>,
  door: Pick<DoorConfig, 'doorId' | 'direction'> | null,
  now?: () => number,
) {
  return {
    /** What a visitor did at the notice. */
    tellNotice: createNoticeDesk((kind: NoticeEventKind) => events.add(eventOf(kind, door)), now),
    /** Of a visit that the screen ended: no decision counts it, and nothing but the event comes of it. */
    tellEnd: createNoticeDesk(
      (reason: DecisionReason, visitId: string, level: AssuranceLevel) =>
        events.add({
          ...eventOf('decision', door),
          outcome: 'undecided',
          reasons: [reason],
          visitId,
          level,
        }),
      now,
    ),
  };
}

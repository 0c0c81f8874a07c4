import type { AssuranceLevel, DecisionReason, DoorConfig, NoticeEventKind } from '#contract';
import { eventOf, type EventLog } from '../doors/index.ts';
import { rateLimited } from '../session/index.ts';

/**
 * Writes events that a screen alone knows of, and is believed. Their number is limited for all screens together, since one that
 * connects again and again could fill the log otherwise.
 * @param now monotonic clock in milliseconds
 */
export function createEventDesks(
  events: Pick<EventLog, 'add'>,
  door: Pick<DoorConfig, 'doorId' | 'direction'> | null,
  now?: () => number,
) {
  return {
    /** What a visitor did at the notice. */
    tellNotice: rateLimited((kind: NoticeEventKind) => events.add(eventOf(kind, door)), now),
    /** Why the screen ended a visit. It counts as no failure and as no decision: the event is all that comes of it. */
    tellEnd: rateLimited(
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

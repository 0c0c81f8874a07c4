import { z } from 'zod';
import type { DoorConfig, SiteEvent, SiteEventKind } from '#contract';
import { isUnwritableNow, type NewSiteEvent, type Passage, type SiteEventStore } from '#core/store';
import type { Log } from '../process/index.ts';
import type { VisitListener, VisitRecord } from '../session/index.ts';

/** While the disk takes nothing, so many events wait in memory; the oldest are lost then, and counted. */
const WAITING = 1_000;

/** Who passes, and which way, as an event names them. */
export type Passenger = Pick<VisitRecord, 'faceId' | 'direction' | 'visitorId' | 'cardId'>;

/** Told of each event once it is kept. */
export type EventListener = (event: SiteEvent) => void;

/** Keeps what happens at this appliance. */
export interface EventLog {
  /** Never rejects: what cannot be kept now is kept with the next event. */
  add(event: NewSiteEvent): Promise<void>;
  /** Resolves once all that was added is kept, or cannot be now. */
  kept(): Promise<void>;
  /**
   * The last decision that granted a face or a card and to which the door did not fail to open, also one that waits for the
   * disk. @param id of either
   */
  lastPassage(id: string): Promise<Passage | null>;
  /** @returns ends it */
  listen(listener: EventListener): () => void;
}

/** An event of one kind that is about no person. */
export const eventOf = (
  kind: SiteEventKind,
  door: Pick<DoorConfig, 'doorId' | 'direction'> | null,
  detail: string | null = null,
  now = new Date(),
): NewSiteEvent => ({
  at: now.toISOString(),
  kind,
  doorId: door?.doorId ?? null,
  direction: door?.direction ?? null,
  outcome: null,
  reasons: [],
  level: null,
  faceId: null,
  visitId: null,
  detail,
  scores: null,
});

const isFault = (event?: NewSiteEvent): boolean => event?.kind === 'door-fault';

export function createEventLog(store: Pick<SiteEventStore, 'add' | 'lastPassage'>, log: Log): EventLog {
  const listeners = new Set<EventListener>();
  const waiting: NewSiteEvent[] = [];
  let lost = 0;
  let writing: Promise<void> = Promise.resolve();

  function tell(event: SiteEvent): void {
    for (const listener of listeners) {
      try {
        listener(event);
      } catch (error) {
        log.error({ err: error }, 'a listener of events failed');
      }
    }
  }

  async function writeAll(): Promise<void> {
    for (let event = waiting[0]; event !== undefined; event = waiting[0]) {
      try {
        const kept = await store.add(event);
        if (waiting[0] === event) waiting.shift();
        tell(kept);
      } catch (error) {
        // Another try would end the same way.
        if (!isUnwritableNow(error) && waiting[0] === event) waiting.shift();
        log.error({ err: error, waiting: waiting.length, lost }, 'an event could not be kept');
        return;
      }
    }
  }

  return {
    add(event) {
      waiting.push(event);
      if (waiting.length > WAITING) {
        waiting.shift();
        lost += 1;
      }
      writing = writing.then(writeAll);
      return writing;
    },
    kept: () => writing,
    async lastPassage(id) {
      const theirs = waiting.filter(({ faceId, cardId }) => faceId === id || cardId === id);
      const events = theirs.filter((event) => event.outcome === 'granted' || isFault(event));
      const last = events.findLast((event, n) => !isFault(event) && !isFault(events[n + 1]));
      if (last !== undefined) return { direction: last.direction, at: new Date(last.at) };
      // It takes back the last grant that is kept; what came before let that one pass, and lets another.
      return isFault(events[0]) ? null : await store.lastPassage(id);
    },
    listen(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
}

/** What an event says of who passes; of a visit, that part alone. */
export const passengerOf = ({ faceId, direction, visitorId, cardId }: Passenger): Passenger => ({
  faceId,
  ...(direction && { direction }),
  ...(visitorId !== undefined && { visitorId }),
  ...(cardId !== undefined && { cardId }),
});

/** Keeps an event of each decided visit. @param door where this appliance stands; null: at none */
export function eventsOfVisits(
  events: Pick<EventLog, 'add'>,
  door: Pick<DoorConfig, 'doorId' | 'direction'> | null,
): VisitListener {
  return (visit) => {
    const { visitId, time, outcome, reasons, level, detail, scores } = visit;
    return events.add({
      ...eventOf('decision', door, detail?.slice(0, 512) ?? null),
      ...passengerOf(visit),
      at: time,
      outcome,
      reasons: [...reasons],
      level,
      visitId,
      // As JSON keeps them: what could not be measured is null.
      scores: z.json().parse(JSON.parse(JSON.stringify(scores))),
    });
  };
}

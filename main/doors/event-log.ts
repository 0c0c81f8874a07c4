import { z } from 'zod';
import type { DoorConfig, SiteEvent, SiteEventKind } from '#contract';
import {
  evenUnsynced,
  isUnwritableNow,
  newEventId,
  type NewSiteEvent,
  type Passage,
  type SiteEventStore,
} from '#core/store';
import type { Log } from '../process/index.ts';
import type { VisitListener, VisitRecord } from '../session/index.ts';

/** While the disk takes nothing, so many events wait in memory; the oldest are lost then, and counted. */
const WAITING = 1_000;

/** Whom a visit is about, and which way they go, as an event says it. */
type Who = Pick<VisitRecord, 'faceId' | 'direction' | 'visitorId' | 'cardId'>;

/** Who was granted, which way they go, and the decision that granted it, as a fault of the door says it. */
export interface Passenger extends Who {
  /** `eventId` of the decision. */
  readonly grantId: string;
}

/** Told of each event once it is kept. */
export type EventListener = (event: SiteEvent) => void;

/** Keeps what happens at this appliance. */
export interface EventLog {
  /** Never rejects: what cannot be kept now is kept with the next event. */
  add(event: NewSiteEvent): Promise<void>;
  /** Resolves once all that was added is kept, or cannot be now. */
  kept(): Promise<void>;
  /** The last passage of a face or a card, by all events that were added, kept or not. @param id of either */
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

export function createEventLog(store: Pick<SiteEventStore, 'add' | 'lastPassage'>, log: Log): EventLog {
  const listeners = new Set<EventListener>();
  const waiting: SiteEvent[] = [];
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

  /** One that the disk has not confirmed is kept: another try would write it twice. */
  const write = (event: SiteEvent): Promise<void> =>
    evenUnsynced(store.add(event), (error) =>
      log.error({ err: error }, 'an event is kept, but the disk has not confirmed it'),
    );

  async function writeAll(): Promise<void> {
    for (let event = waiting[0]; event !== undefined; event = waiting[0]) {
      try {
        await write(event);
        if (waiting[0] === event) waiting.shift();
        tell(event);
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
      waiting.push({ eventId: newEventId(), ...event });
      if (waiting.length > WAITING) {
        waiting.shift();
        lost += 1;
      }
      writing = writing.then(writeAll);
      return writing;
    },
    kept: () => writing,
    async lastPassage(id) {
      const faults = waiting.filter(({ grantId }) => grantId !== undefined);
      const takenBack = faults.flatMap((fault) => (isUnanswered(fault) ? [] : fault.grantId!));
      const last = waiting.findLast(
        ({ eventId, outcome, faceId, cardId }) =>
          outcome === 'granted' && (faceId === id || cardId === id) && !takenBack.includes(eventId),
      );
      const passage = last
        ? { eventId: last.eventId, direction: last.direction, at: new Date(last.at), isCertain: true }
        : await store.lastPassage(id, takenBack);
      const isDoubted = faults.some(({ grantId }) => grantId === passage?.eventId);
      return passage && { ...passage, isCertain: passage.isCertain && !isDoubted };
    },
    listen(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
}

const isUnanswered = ({ reasons }: SiteEvent): boolean => reasons.includes('door-unanswered');

const whoOf = ({ faceId, direction, visitorId, cardId }: Who): Who => ({
  faceId,
  ...(direction && { direction }),
  ...(visitorId !== undefined && { visitorId }),
  ...(cardId !== undefined && { cardId }),
});

/** Who passes by a visit that was granted. */
export const passengerOf = (visit: VisitRecord): Passenger => ({
  ...whoOf(visit),
  grantId: visit.eventId,
});

/** Keeps an event of each decided visit. @param door where this appliance stands; null: at none */
export function eventsOfVisits(
  events: Pick<EventLog, 'add'>,
  door: Pick<DoorConfig, 'doorId' | 'direction'> | null,
): VisitListener {
  return (visit) => {
    const { eventId, visitId, time, outcome, reasons, level, detail, scores } = visit;
    return events.add({
      ...eventOf('decision', door, detail?.slice(0, 512) ?? null),
      ...whoOf(visit),
      eventId,
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

import type {
  AccessPolicy,
  Direction,
  DoorConfig,
  EventQuery,
  EventTarget,
  EventTargetOptions,
  KeptEvent,
  NewVisitor,
  Present,
  SiteEvent,
  SiteEventKind,
  Visitor,
} from '#contract';
import type { DeliveryQueue } from './stores.ts';

/** Parts of an appliance's store: its door, what happened there, who is told, and who is expected. */

/** The door of an appliance, and who may pass it. Changes are recorded as one actor's. */
export interface DoorStore {
  /** Null: none was set. `unreadable`: rules that were kept, and that this version cannot read. */
  policy(): Promise<AccessPolicy | 'unreadable' | null>;
  setPolicy(policy: AccessPolicy | null): Promise<void>;
  /** Keeps the rules of a former server as it signed them: a later version may read what this one cannot. */
  keepPolicy(signed: unknown): Promise<void>;
  /** Null: there is no door. */
  config(): Promise<DoorConfig | null>;
  setConfig(config: DoorConfig | null): Promise<void>;
}

/** An event before it is kept. One without an id is given one. */
export type NewSiteEvent = Omit<SiteEvent, 'eventId'> & Partial<Pick<SiteEvent, 'eventId'>>;

/** A decision that granted a person or a card, unless a fault says that the door did not open then. */
export interface Passage {
  /** Of the decision. */
  readonly eventId: string;
  /** Which way; null: the door leads neither in nor out. */
  readonly direction: Direction | null;
  /** When it was granted. */
  readonly at: Date;
  /** False: the door did not answer, and may have stayed shut. */
  readonly isCertain: boolean;
}

/** How many events are alike; `outcome` and `level` are of decisions. */
export interface EventTally {
  readonly kind: SiteEventKind;
  readonly outcome: SiteEvent['outcome'];
  readonly level: SiteEvent['level'];
  readonly count: number;
}

/** What the events `door-fault` of one door say, each thing once. */
export interface ToldFault {
  /** When it was told first, ISO 8601. */
  readonly at: string;
  readonly detail: string | null;
}

/** What happens at an appliance, in order. */
export interface SiteEventStore {
  add(event: NewSiteEvent): Promise<SiteEvent>;
  /** The newest first. */
  list(query: EventQuery): Promise<KeptEvent[]>;
  /** How many of each kind there are, not older than one moment and older than another; null: without a limit. */
  tally(from: string | null, until: string | null): Promise<EventTally[]>;
  /** What was told of faults of a door since it was mended last, the oldest first. */
  faultsSinceMended(doorId: string): Promise<ToldFault[]>;
  /**
   * The last passage of a face or a card.
   * @param id of either
   * @param takenBack `eventId` of decisions that count as none, since a fault that is not kept yet says so
   */
  lastPassage(id: string, takenBack?: readonly string[]): Promise<Passage | null>;
  /**
   * The faces of people who were not here for so many days, or for those that they agreed to, since they were enrolled,
   * pictured or gave consent. One whose times cannot be, since the clock was wrong then, is none.
   * @param days null: only those that they agreed to
   */
  unseen(days: number | null, times: Record<'earliest' | 'now', Date>): Promise<string[]>;
  /** Remove what is older than a moment. Events of times that cannot be go with those around them. @returns how many */
  prune(times: Record<'before' | 'earliest' | 'now', Date>): Promise<number>;
}

export interface VisitorQuery {
  readonly offset: number;
  readonly limit: number;
}

/** Who is expected at an appliance, and who of them is here: that follows from the events that are added. */
export interface VisitorStore {
  /** @returns null when somebody has this code, enrolled or expected @throws `too-many-visitors` */
  add(visitor: NewVisitor, codeHash: Uint8Array): Promise<Visitor | null>;
  /** Those who are here first. */
  list(query: VisitorQuery): Promise<{ visitors: Visitor[]; total: number }>;
  /** @throws `visitor-not-found` */
  get(visitorId: string): Promise<Visitor>;
  withCode(codeHash: Uint8Array): Promise<Visitor | null>;
  /** Visitors who are here, and people whose last passage led in, by name. @param since a passage before that does not count */
  present(since: Date): Promise<Present[]>;
  /** @throws `visitor-not-found` */
  remove(visitorId: string): Promise<void>;
  /** Forget those whose visit ended before a moment. @returns how many */
  prune(before: Date): Promise<number>;
}

/** Somebody who is to hear of events. */
export interface NewEventTarget {
  readonly url: string;
  readonly secret: string;
  readonly options: EventTargetOptions;
  readonly kinds: readonly SiteEventKind[] | null;
}

/** Who is to hear of events: each of all that happen from then on, in order, until it has taken them. */
export interface EventTargetStore extends DeliveryQueue {
  /** @throws `too-many-event-targets`, `event-target-exists` */
  add(target: NewEventTarget): Promise<EventTarget>;
  /** In order of creation. */
  list(): Promise<EventTarget[]>;
  /** With what it has not taken yet. @throws `event-target-not-found` */
  remove(targetId: string): Promise<void>;
  /** How an address is reached, and its secret; null: it was removed. */
  reach(url: string): Promise<{ options: EventTargetOptions; secret: string } | null>;
}

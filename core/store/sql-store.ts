import type { Actor } from '#contract';
import type { Parts } from './parts.ts';
import type { Servers } from './servers.ts';
import type { Store } from './store.ts';
import type { DeviceEventStore } from './stores.ts';
import type { DoorStore, EventTargetStore, SiteEventStore, VisitorStore } from './site-stores.ts';

/** A {@link Store} of SQL tables, on which others may work too, on several in one transaction. */
export interface SqlStore extends Store {
  as(actor: Actor): SqlStore;
  readonly parts: Parts;
  /** Those that run on the database. */
  readonly servers: Servers;
  /** At an appliance: its door, and what happened there. */
  readonly door: DoorStore;
  readonly events: SiteEventStore;
  readonly eventTargets: EventTargetStore;
  readonly visitors: VisitorStore;
  /** At a server: what happened at its appliances. */
  readonly deviceEvents: DeviceEventStore;
}

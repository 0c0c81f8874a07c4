import type { Actor, AuditEntry, AuditHead } from '#contract';
import type { MemoryPlace } from './memory-place.ts';

/** One part of a store in memory, whose changes the audit log records as one actor's. */
export abstract class InMemory {
  protected readonly place: MemoryPlace;
  protected readonly actor: Actor;

  constructor(place: MemoryPlace, actor: Actor = 'device') {
    this.place = place;
    this.actor = actor;
  }

  protected record(entry: AuditEntry): AuditHead {
    return this.place.record(this.actor, entry);
  }
}

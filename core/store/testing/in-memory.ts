import type { Actor, AuditEntry, AuditHead } from '#contract';
import type { MemoryPlace } from './memory-place.ts';

/** One part of a store in memory, whose changes the audit log records as one actor's. */
export abstract class InMemory {
  readonly place: MemoryPlace;
  protected readonly actor: Actor;

  constructor(place: MemoryPlace, actor: Actor = 'device') {
    this.place = place;
    this.actor = actor;
  }

  protected record(entry: AuditEntry): AuditHead {
    return this.place.record(this.actor, entry);
  }

  /** @param value null: there is none any more */
  protected keepSecret(name: string, value: Uint8Array | null, entry?: AuditEntry): void {
    const { secrets } = this.place.rows;
    if (value === null) secrets.delete(name);
    else secrets.set(name, value);
    if (entry !== undefined) this.record(entry);
  }
}

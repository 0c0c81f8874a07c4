import { dirname } from 'node:path';
import type { Actor, AuditEntry } from '#contract';
import type { Parts } from './parts.ts';

/** Work on the parts of a store, recorded as one actor's. */
export abstract class Acting {
  readonly parts: Parts;
  protected readonly actor: Actor;

  constructor(parts: Parts, actor: Actor) {
    this.parts = parts;
    this.actor = actor;
  }

  /** Where the database is. */
  protected get folder(): string {
    return dirname(this.parts.database.name);
  }

  protected read<T>(work: (parts: Parts) => T): Promise<T> {
    return this.parts.sql.read(() => work(this.parts));
  }

  protected async write<T>(work: (parts: Parts) => T): Promise<T> {
    const result = await this.parts.sql.write(() => work(this.parts));
    // What was deleted stays so, also where nothing can be kept beside the key.
    if (!this.parts.audit.isKept) await this.parts.lineage.keep().catch(() => undefined);
    return result;
  }

  /** Within a transaction. */
  protected record(entry: AuditEntry) {
    return this.parts.audit.append(this.actor, entry);
  }
}

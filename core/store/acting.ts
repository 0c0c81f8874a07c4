import type { Actor, AuditEntry } from '#contract';
import type { Parts } from './parts.ts';
import type { ReadTx, WriteTx } from './sql/transactions.ts';

/** Work on the parts of a store, recorded as one actor's. */
export abstract class Acting {
  readonly parts: Parts;
  protected readonly actor: Actor;

  constructor(parts: Parts, actor: Actor) {
    this.parts = parts;
    this.actor = actor;
  }

  protected read<T>(work: (tx: ReadTx, parts: Parts) => Promise<T>): Promise<T> {
    return this.parts.sql.read((tx) => work(tx, this.parts));
  }

  protected write<T>(work: (tx: WriteTx, parts: Parts) => Promise<T>): Promise<T> {
    return this.parts.sql.write((tx) => work(tx, this.parts));
  }

  protected record(tx: WriteTx, entry: AuditEntry) {
    return this.parts.audit.append(tx, this.actor, entry);
  }
}

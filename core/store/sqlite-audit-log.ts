import type { Actor, AuditEntry } from '#contract';
import type { Purpose } from '#core/audit';
import type { AuditTable } from './tables/audit-table.ts';
import type { Statements } from './file/statements.ts';
import type { AuditLog } from './records.ts';

/** Lines read at once. */
const BATCH = 500;

/** The audit log of one store, for one actor. */
export class SqliteAuditLog implements AuditLog {
  readonly #sql: Statements;
  readonly #table: AuditTable;
  readonly #actor: Actor;
  readonly #keep: () => Promise<void>;

  /** @param keep keeps the head elsewhere as well */
  constructor(
    sql: Statements,
    table: AuditTable,
    actor: Actor,
    keep: () => Promise<void> = () => Promise.resolve(),
  ) {
    this.#keep = keep;
    this.#sql = sql;
    this.#table = table;
    this.#actor = actor;
  }

  append(entry: AuditEntry): Promise<void> {
    return this.#sql.write(() => void this.#table.append(this.#actor, entry));
  }

  async checkpoint() {
    const head = await this.#sql.write(() => this.#table.checkpoint());
    await this.#keep().catch(() => undefined);
    return head;
  }

  async *lines(after = 0): AsyncGenerator<string> {
    let last = after;
    for (;;) {
      const from = last;
      const rows = await this.#sql.read(() => this.#table.lines(from, BATCH));
      for (const { line } of rows) yield line;
      if (rows.length < BATCH) return;
      last = rows.at(-1)!.n;
    }
  }

  publicKey() {
    return this.#sql.read(() => this.#table.deviceKey().publicKey);
  }

  sign(purpose: Purpose, text: string) {
    return this.#sql.read(() => this.#table.deviceKey().sign(purpose, text));
  }

  head() {
    return this.#sql.read(() => this.#table.head());
  }

  prune({ before, earliest, now }: Record<'before' | 'earliest' | 'now', Date>) {
    const times = {
      before: before.toISOString(),
      earliest: earliest.toISOString(),
      now: now.toISOString(),
    };
    return this.#sql.write(() => this.#table.prune(times));
  }
}

import type { Actor, AuditEntry } from '#contract';
import type { Purpose } from '#core/audit';
import type { AuditTable } from './tables/audit-table.ts';
import type { Transactions } from './sql/transactions.ts';
import type { AuditLog } from './records.ts';

/** Lines read at once. */
const BATCH = 500;

/** The audit log of one store, for one actor. */
export class TableAuditLog implements AuditLog {
  readonly #sql: Transactions;
  readonly #table: AuditTable;
  readonly #actor: Actor;
  readonly #keep: () => Promise<void>;

  /** @param keep keeps the head elsewhere as well */
  constructor(
    sql: Transactions,
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
    return this.#sql.write(async (tx) => void (await this.#table.append(tx, this.#actor, entry)));
  }

  async checkpoint() {
    const head = await this.#sql.write((tx) => this.#table.checkpoint(tx));
    await this.#keep().catch(() => undefined);
    return head;
  }

  async *lines(after = 0): AsyncGenerator<string> {
    let last = after;
    for (;;) {
      const from = last;
      const rows = await this.#sql.read((tx) => this.#table.lines(tx, from, BATCH));
      for (const { line } of rows) yield line;
      if (rows.length < BATCH) return;
      last = rows.at(-1)!.n;
    }
  }

  publicKey() {
    return this.#sql.read(async (tx) => (await this.#table.deviceKey(tx)).publicKey);
  }

  sign(purpose: Purpose, text: string) {
    return this.#sql.read(async (tx) => (await this.#table.deviceKey(tx)).sign(purpose, text));
  }

  head() {
    return this.#sql.read((tx) => this.#table.head(tx));
  }

  prune({ before, earliest, now }: Record<'before' | 'earliest' | 'now', Date>) {
    const times = {
      before: before.toISOString(),
      earliest: earliest.toISOString(),
      now: now.toISOString(),
    };
    return this.#sql.write((tx) => this.#table.prune(tx, times));
  }
}

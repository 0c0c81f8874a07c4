import { setImmediate as breathe } from 'node:timers/promises';
import { z } from 'zod';
import type { Statements } from './statements.ts';

/** No account has this name, so nobody sees what belongs to it. */
const TRASH = '';

/** Faces removed in one transaction: some ten milliseconds, in which nothing else runs. */
const BATCH = 64;

const Id = z.object({ id: z.int() });

/**
 * Collections on their way out. Throwing one away is one small change, so it takes its faces out of every later call
 * at once, however many they are; emptying takes its time in small pieces between which others run. What a crash left
 * is emptied with the next.
 */
export class Trash {
  readonly #sql: Statements;

  constructor(sql: Statements) {
    this.#sql = sql;
  }

  /** Within a transaction. @returns whether it was there */
  throwAway(account: string, collectionId: string): boolean {
    const { changes } = this.#sql.run(
      `UPDATE collections SET account = '${TRASH}', collection_id = 'trash-' || id
       WHERE account = ? AND collection_id = ?`,
      [account, collectionId],
    );
    return changes > 0;
  }

  async empty(): Promise<void> {
    while (await this.#sql.read(() => this.#next() !== null)) {
      await this.#sql.write(() => this.#removeSome());
      await breathe();
    }
  }

  #next(): number | null {
    const row = this.#sql.get(`SELECT id FROM collections WHERE account = '${TRASH}' LIMIT 1`, []);
    return row === undefined ? null : Id.parse(row).id;
  }

  #removeSome(): void {
    const id = this.#next();
    // Another process may have removed the last.
    if (id === null) return;
    const { changes } = this.#sql.run(
      'DELETE FROM faces WHERE id IN (SELECT id FROM faces WHERE collection = ? LIMIT ?)',
      [id, BATCH],
    );
    if (changes === 0) this.#sql.run('DELETE FROM collections WHERE id = ?', [id]);
  }
}

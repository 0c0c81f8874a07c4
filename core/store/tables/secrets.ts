import { SecretRow } from '../disk/rows.ts';
import type { Statements } from '../file/statements.ts';

/** Small named secrets. Call within a transaction. */
export class Secrets {
  readonly #sql: Statements;

  constructor(sql: Statements) {
    this.#sql = sql;
  }

  get(name: string): Buffer | null {
    const row = this.#sql.get('SELECT value FROM secrets WHERE name = ?', [name]);
    return row === undefined ? null : SecretRow.parse(row).value;
  }

  set(name: string, value: Uint8Array | null): void {
    if (value === null) this.#sql.run('DELETE FROM secrets WHERE name = ?', [name]);
    else
      this.#sql.run('INSERT OR REPLACE INTO secrets (name, value) VALUES (?, ?)', [name, Buffer.from(value)]);
  }
}

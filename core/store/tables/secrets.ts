import { SecretRow } from '../disk/rows.ts';
import type { ReadTx, WriteTx } from '../file/transactions.ts';

/** Small named secrets. */
export class Secrets {
  get(tx: ReadTx, name: string): Buffer | null {
    const row = tx.get('SELECT value FROM secrets WHERE name = ?', [name]);
    return row === undefined ? null : SecretRow.parse(row).value;
  }

  set(tx: WriteTx, name: string, value: Uint8Array | null): void {
    if (value === null) tx.run('DELETE FROM secrets WHERE name = ?', [name]);
    else tx.run('INSERT OR REPLACE INTO secrets (name, value) VALUES (?, ?)', [name, Buffer.from(value)]);
  }
}

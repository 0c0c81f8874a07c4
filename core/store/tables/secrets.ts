import { SecretRow } from '../disk/rows.ts';
import type { ReadTx, WriteTx } from '../sql/transactions.ts';

/** Small named secrets. */
export class Secrets {
  async get(tx: ReadTx, name: string): Promise<Buffer | null> {
    const row = await tx.get('SELECT value FROM secrets WHERE name = ?', [name]);
    return row === undefined ? null : SecretRow.parse(row).value;
  }

  async set(tx: WriteTx, name: string, value: Uint8Array | null): Promise<void> {
    if (value === null) await tx.run('DELETE FROM secrets WHERE name = ?', [name]);
    else
      await tx.run(
        'INSERT INTO secrets (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value',
        [name, Buffer.from(value)],
      );
  }
}

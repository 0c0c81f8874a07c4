import { createHash } from 'node:crypto';
import type { ReadTx } from './transactions.ts';

/** Not contents: how the contents came about, who uses the database, and what is to be done to it. */
const LEFT_OUT: ReadonlySet<string> = new Set([
  'audit_log',
  'upkeep',
  'feed',
  'runner',
  'lineage',
  'sqlite_sequence',
  'store_key',
  'migrations',
  'epochs',
  'deleted_under',
  'requests_under_way',
  'calls_under_way',
  'rates',
  'nodes',
  'holdings',
]);

/** SHA-256 over all rows of some tables, each in order of its columns. @param tables how many columns each has, by name */
export async function stateHash(tx: ReadTx, tables: ReadonlyMap<string, number>): Promise<string> {
  const hash = createHash('sha256');
  for (const [table, columns] of tables) {
    if (LEFT_OUT.has(table)) continue;
    hash.update(`${table}\n`);
    const order = Array.from({ length: columns }, (_, i) => i + 1).join(', ');
    for await (const row of tx.each(`SELECT * FROM "${table}" ORDER BY ${order}`)) {
      // A buffer would become an array with one number for each byte first, which took most of the time.
      const values = Object.values(row as Record<string, unknown>).map((value) =>
        Buffer.isBuffer(value) ? value.toString('hex') : value,
      );
      hash.update(JSON.stringify(values));
    }
  }
  return hash.digest('hex');
}

import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { ReadTx } from './transactions.ts';

/** Not contents: how the contents came about, who uses the file, and what is to be done to it. */
const LEFT_OUT = new Set(['audit_log', 'upkeep', 'feed', 'runner', 'lineage', 'sqlite_sequence']);

const NameRow = z.object({ name: z.string() });

/** SHA-256 over all rows of all tables in order. */
export function stateHash(tx: ReadTx): string {
  const hash = createHash('sha256');
  const rows = tx.all("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name", []);
  const tables = rows.map((row) => NameRow.parse(row).name);
  for (const table of tables.filter((name) => !LEFT_OUT.has(name))) {
    hash.update(`${table}\n`);
    const columns = tx.all('SELECT name FROM pragma_table_info(?)', [table]);
    const order = columns.map((_column, i) => i + 1).join(', ');
    for (const row of tx.values(`SELECT * FROM "${table}" ORDER BY ${order}`)) {
      hash.update(JSON.stringify(row, (_key, value: unknown) => (isBytes(value) ? hex(value.data) : value)));
    }
  }
  return hash.digest('hex');
}

/** A buffer as JSON sees it. */
const isBytes = (value: unknown): value is { data: number[] } =>
  typeof value === 'object' && value !== null && 'type' in value && value.type === 'Buffer';

const hex = (data: number[]): string => Buffer.from(data).toString('hex');

import { createHash } from 'node:crypto';
import type Database from 'better-sqlite3-multiple-ciphers';
import { z } from 'zod';

/** Not contents: how the contents came about, who uses the file, and what is to be done to it. */
const LEFT_OUT = new Set(['audit_log', 'upkeep', 'feed', 'runner', 'lineage', 'sqlite_sequence']);

/** SHA-256 over all rows of all tables in order. Call within a transaction. */
export function stateHash(database: Database.Database): string {
  const hash = createHash('sha256');
  const tables = z
    .array(z.string())
    .parse(
      database.prepare("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name").pluck().all(),
    );
  for (const table of tables.filter((name) => !LEFT_OUT.has(name))) {
    hash.update(`${table}\n`);
    const columns = database.pragma(`table_info("${table}")`) as unknown[];
    const order = columns.map((_column, i) => i + 1).join(', ');
    for (const row of database.prepare(`SELECT * FROM "${table}" ORDER BY ${order}`).raw().iterate()) {
      hash.update(JSON.stringify(row, (_key, value: unknown) => (isBytes(value) ? hex(value.data) : value)));
    }
  }
  return hash.digest('hex');
}

/** A buffer as JSON sees it. */
const isBytes = (value: unknown): value is { data: number[] } =>
  typeof value === 'object' && value !== null && 'type' in value && value.type === 'Buffer';

const hex = (data: number[]): string => Buffer.from(data).toString('hex');

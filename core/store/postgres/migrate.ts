import { readdirSync, readFileSync } from 'node:fs';
import type { Client } from 'pg';
import { z } from 'zod';
import { LintelError } from '#contract';

/** Numbered SQL files, applied in order. */
const FOLDER = new URL('./migrations/', import.meta.url);

const numberOf = (name: string): number => Number(name.slice(0, 4));

const files = (): string[] =>
  readdirSync(FOLDER)
    .filter((name) => /^\d{4}-.*\.sql$/.test(name))
    .toSorted();

const Version = z.object({ version: z.int() });

/**
 * Bring the schema of a connection to the present version: all missing migrations in the caller's transaction, in which
 * nobody else migrates.
 * @throws LintelError `store-newer`
 */
export async function migrate(client: Client): Promise<void> {
  await client.query('CREATE TABLE IF NOT EXISTS migrations (number INTEGER PRIMARY KEY)');
  const { rows } = await client.query('SELECT coalesce(max(number), 0) AS version FROM migrations');
  const { version } = Version.parse(rows[0]);
  if (version > numberOf(files().at(-1)!)) throw new LintelError('store-newer');
  for (const name of files().filter((each) => numberOf(each) > version)) {
    await client.query(readFileSync(new URL(name, FOLDER), 'utf8'));
    await client.query('INSERT INTO migrations (number) VALUES ($1)', [numberOf(name)]);
  }
}

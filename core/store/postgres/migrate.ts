import { readFileSync } from 'node:fs';
import type { Client } from 'pg';
import { z } from 'zod';
import { LintelError } from '#contract';
import { migrationsIn } from '../sql/migrations.ts';

const Version = z.object({ version: z.int() });

/**
 * Bring the schema of a connection to the present version: all missing migrations in the caller's transaction, in which
 * no other process migrates.
 * @throws LintelError `store-newer`
 */
export async function migrate(client: Client): Promise<void> {
  await client.query('CREATE TABLE IF NOT EXISTS migrations (number INTEGER PRIMARY KEY)');
  const { rows } = await client.query('SELECT coalesce(max(number), 0) AS version FROM migrations');
  const { version } = Version.parse(rows[0]);
  const migrations = migrationsIn(new URL('./migrations/', import.meta.url));
  if (version > migrations.at(-1)!.number) throw new LintelError('store-newer');
  for (const { number, file } of migrations.filter((each) => each.number > version)) {
    await client.query(readFileSync(file, 'utf8'));
    await client.query('INSERT INTO migrations (number) VALUES ($1)', [number]);
  }
}

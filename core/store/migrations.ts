import { readdirSync, readFileSync } from 'node:fs';
import type Database from 'better-sqlite3-multiple-ciphers';

/** Numbered SQL files, applied in order. A build that bundles this file copies the folder to beside the bundle. */
const FOLDER = new URL('./migrations/', import.meta.url);

const files = (): string[] =>
  readdirSync(FOLDER)
    .filter((name) => /^\d{4}-.*\.sql$/.test(name))
    .toSorted();

/** The schema version this code writes: the number of migrations. */
export const latestVersion = (): number => files().length;

/** How many migrations a database has seen; 0 for an empty one. */
export const schemaVersion = (database: Database.Database): number =>
  Number(database.pragma('user_version', { simple: true }));

/** Bring a database to {@link latestVersion}: all missing migrations in one transaction, or none. */
export function migrate(database: Database.Database): void {
  if (schemaVersion(database) >= latestVersion()) return;
  const apply = database.transaction(() => {
    // Read again under the lock: another process may have migrated meanwhile.
    for (const name of files().slice(schemaVersion(database))) {
      database.exec(readFileSync(new URL(name, FOLDER), 'utf8'));
    }
    database.pragma(`user_version = ${latestVersion()}`);
  });
  apply.immediate();
}

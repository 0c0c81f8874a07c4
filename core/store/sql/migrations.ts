import { readdirSync } from 'node:fs';

/** SQL that brings a schema from the number before to its own. */
export interface Migration {
  readonly number: number;
  readonly file: URL;
}

/** The migrations in a folder, in order: each file's name begins with its number, of four digits. */
export const migrationsIn = (folder: URL): Migration[] =>
  readdirSync(folder)
    .filter((name) => /^\d{4}-.*\.sql$/.test(name))
    .toSorted()
    .map((name) => ({ number: Number(name.slice(0, 4)), file: new URL(name, folder) }));

import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type Database from 'better-sqlite3-multiple-ciphers';
import { generateDeviceKey } from '#core/audit';
import { createTemplateProtection } from '#core/matching';
import { toTemplate } from '../disk/rows.ts';
import { KEY_BYTES } from '../keys/seal.ts';
import { sealImage, sealTemplate } from '../keys/sealed-face.ts';
import { migrationsIn, type Migration } from '../sql/migrations.ts';

/** A build that bundles this file copies the SQL files to beside the bundle. */
const migrations = (): Migration[] => migrationsIn(new URL('./', import.meta.url));

/** The schema version this code writes: the number of the last migration. */
export const latestVersion = (): number => migrations().at(-1)!.number;

/** The number of the last migration a database has seen; 0 for an empty one. */
export const schemaVersion = (database: Database.Database): number =>
  Number(database.pragma('user_version', { simple: true }));

/**
 * Bring a database to a later version: all missing migrations in one transaction, or none.
 * @param version by default {@link latestVersion}
 */
export function migrate(database: Database.Database, version = latestVersion()): void {
  if (schemaVersion(database) >= version) return;
  defineFunctions(database);
  const apply = database.transaction(() => {
    // Read again under the lock: another process may have migrated meanwhile.
    const present = schemaVersion(database);
    for (const { number, file } of migrations()) {
      if (number > present && number <= version) database.exec(readFileSync(file, 'utf8'));
    }
    database.pragma(`user_version = ${Math.max(present, version)}`);
  });
  apply.immediate();
}

/** What migrations need beyond SQL. */
function defineFunctions(database: Database.Database): void {
  database.function('random_key', () => randomBytes(KEY_BYTES));
  database.function('device_key', () => generateDeviceKey());
  database.function(
    'sealed_template',
    (key: Buffer, faceId: string, modelId: string, template: Buffer, protectionKey: Buffer) => {
      const plain = toTemplate(template);
      const { protect } = createTemplateProtection(protectionKey, modelId, plain.length);
      return sealTemplate(key, faceId, modelId, protect(plain));
    },
  );
  database.function('sealed_image', (key: Buffer, faceId: string, image: Buffer) =>
    sealImage(key, faceId, image),
  );
}

import { randomBytes } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { KekProvider } from '#core/store';
import { connect } from '../../core/store/file/database.ts';
import { migrate } from '../../core/store/migrations/migrate.ts';
import { writeSealedKey } from '../../core/store/keys/sealed-key.ts';
import { DIMENSION, MODEL, referenceOf } from './store-operations.ts';

export const OLD_FACES = 20;
const NOW = '2026-01-02T03:04:05.678Z';

export const oldFaceId = (number: number): string => `face_${String(number).padStart(32, '0')}`;

/** A store as the first schema left it, in the folder `dir`. */
export async function createOldStore(dir: string, kekProvider: KekProvider): Promise<void> {
  const place = join(dir, 'store');
  await mkdir(place, { recursive: true });
  const dataKey = randomBytes(32);
  await writeSealedKey(join(place, 'store.key'), { dataKey, next: null }, kekProvider);
  const database = connect(join(place, 'store.db'), {}, dataKey, () => {});
  database.pragma('journal_mode = WAL');
  migrate(database, 1);
  database.exec(`INSERT INTO collections VALUES (1, 'local', 'c', NULL, 7, '${NOW}', '${NOW}')`);
  const face = database.prepare(`INSERT INTO faces VALUES (?, 1, ?, ?, '{}', '${NOW}', '${NOW}')`);
  const reference = database.prepare(
    `INSERT INTO face_references VALUES (?, 1, ?, '${MODEL}', ?, 1, 'camera', '${NOW}')`,
  );
  for (let i = 1; i <= OLD_FACES; i++) {
    const { template } = referenceOf(oldFaceId(i), 0);
    face.run(i, oldFaceId(i), `old-${i}`);
    reference.run(i, i, Buffer.from(template.buffer, template.byteOffset, 4 * DIMENSION));
  }
  database.close();
}

import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { newFaceId } from '#core/gallery';
import type { SqlStore } from '#core/store';
import { randomTemplate, seeded } from '../../../core/matching/testing/random-templates.ts';
import { KEY_BYTES } from '../../../core/store/keys/seal.ts';
import { sealTemplate } from '../../../core/store/keys/sealed-face.ts';

/** Faces of one transaction, a statement for each table. */
const BATCH = 500;

type Value = string | number | Buffer;

export interface BulkOptions {
  readonly account: string;
  readonly modelId: string;
  /** Values of a template. */
  readonly dimension: number;
  readonly faces: number;
  readonly collections: readonly string[];
}

const MostRow = z.object({ most: z.int().nullable() });
const IdRow = z.object({ id: z.int() });

/**
 * Fill collections, which are made, with made-up people of one reference each, as `Store.addFace` leaves them but for the
 * audit log: templates rotated and sealed under a key for each face, everything else sealed by the type of its column.
 * Triggers do not run; what they note in the feed is noted at once. The role has to be a superuser.
 */
export async function fillCollections(store: SqlStore, options: BulkOptions): Promise<void> {
  const { account, modelId, dimension, faces, collections } = options;
  await store.soundness.hold(account, modelId, dimension);
  for (const collectionId of collections) await store.createCollection(account, collectionId);
  const { sql, biometrics } = store.parts;
  const random = seeded(1);
  const now = new Date().toISOString();
  // Which one has which place does not matter, but each its share.
  const rows = await sql.read(async (tx) => {
    const found = await tx.all('SELECT id FROM collections WHERE account = ? ORDER BY id', [account]);
    return z.array(IdRow).parse(found);
  });
  const before = await sql.read(async (tx) => {
    const [face, reference] = [
      await tx.get('SELECT max(id) AS most FROM faces', []),
      await tx.get('SELECT max(id) AS most FROM face_references', []),
    ];
    return { face: MostRow.parse(face).most ?? 0, reference: MostRow.parse(reference).most ?? 0 };
  });
  for (let done = 0; done < faces; done += BATCH) {
    const count = Math.min(BATCH, faces - done);
    await sql.writeUnsynced(async (tx) => {
      await tx.run('SET LOCAL session_replication_role = replica', []);
      const batch: Record<'faces' | 'keys' | 'references' | 'templates' | 'changes', Value[][]> = {
        faces: [],
        keys: [],
        references: [],
        templates: [],
        changes: [],
      };
      for (let i = 1; i <= count; i++) {
        const [face, reference] = [before.face + done + i, before.reference + done + i];
        const collection = rows[(done + i) % rows.length]!.id;
        const [faceId, key] = [newFaceId(), randomBytes(KEY_BYTES)];
        const template = await biometrics.protect(tx, modelId, randomTemplate(dimension, random));
        batch.faces.push([face, collection, faceId, '{}', now, now]);
        batch.keys.push([face, key]);
        batch.references.push([reference, collection, face, 1, 'api', now, randomBytes(16).toString('hex')]);
        batch.templates.push([reference, modelId, sealTemplate(key, faceId, modelId, template)]);
        batch.changes.push([account, 'face', faceId]);
      }
      const insert = (into: string, values: readonly Value[][]) => {
        const one = `(${values[0]!.map(() => '?').join(', ')})`;
        return tx.run(`INSERT INTO ${into} VALUES ${values.map(() => one).join(', ')}`, values.flat());
      };
      await insert('faces (id, collection, face_id, metadata, created_at, updated_at)', batch.faces);
      await insert('face_keys (face, key)', batch.keys);
      await insert(
        'face_references (id, collection, face, quality, source, created_at, uid)',
        batch.references,
      );
      await insert('templates (reference, model_id, template)', batch.templates);
      await insert('changes (account, kind, id)', batch.changes);
    });
  }
  await sql.write(async (tx) => {
    for (const table of ['faces', 'face_references'])
      await tx.all(
        `SELECT setval(pg_get_serial_sequence('${table}', 'id'), (SELECT max(id) FROM ${table}))`,
        [],
      );
    await tx.run('UPDATE collections SET revision = revision + 1 WHERE account = ?', [account]);
    // On the disk with this.
    await tx.run('ANALYZE', []);
  });
}

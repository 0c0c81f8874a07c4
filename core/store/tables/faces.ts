import { z } from 'zod';
import { LintelError, type ErasedFace, type Face, type FaceMetadata } from '#contract';
import { FaceRow } from '../disk/rows.ts';
import { RE_ENROL } from './serving-model.ts';
import type { FaceQuery, NewFace } from '../records.ts';
import type { ReadTx, WriteTx } from '../file/transactions.ts';

const COLUMNS = `face_id AS faceId, external_key AS externalKey, metadata, created_at AS createdAt,
  updated_at AS updatedAt,
  (SELECT count(*) FROM face_references WHERE face_references.face = faces.id) AS referenceCount,
  (SELECT count(*) FROM face_references WHERE face_references.face = faces.id AND source = 'automatic')
    AS automaticReferenceCount,
  ${RE_ENROL} AS reEnrol`;

const Id = z.object({ id: z.int() });
const Total = z.object({ total: z.int() });
const FaceIdRow = FaceRow.pick({ faceId: true });
const ErasedRow = z.object({ collectionId: z.string(), faceId: z.string() });
const PlaceRow = z.object({ face: z.int(), collection: z.int(), collectionId: z.string() });
/** Where a face is: the ids of its row and its collection's. */
export type Place = z.infer<typeof PlaceRow>;

/** The rows of faces; `collection` and `face` are the ids of rows. */
export class Faces {
  /** @returns the id of its row @throws `external-key-in-use` */
  add(
    tx: WriteTx,
    collection: number,
    { faceId, externalKey = null, metadata = {} }: NewFace,
    now: string,
  ): number {
    if (externalKey !== null && this.withExternalKey(tx, collection, externalKey).length > 0) {
      throw new LintelError('external-key-in-use');
    }
    return tx.run(
      `INSERT INTO faces (collection, face_id, external_key, metadata, created_at, updated_at)
       VALUES (?, ?, ?, ?, ?, ?)`,
      [collection, faceId, externalKey, JSON.stringify(metadata), now, now],
    ).id;
  }

  /** @throws `face-not-found` */
  id(tx: ReadTx, collection: number, faceId: string): number {
    const row = tx.get('SELECT id FROM faces WHERE collection = ? AND face_id = ?', [collection, faceId]);
    if (row === undefined) throw new LintelError('face-not-found');
    return Id.parse(row).id;
  }

  /** @throws `face-not-found` */
  get(tx: ReadTx, collection: number, faceId: string): Face {
    const row = tx.get(`SELECT ${COLUMNS} FROM faces WHERE collection = ? AND face_id = ?`, [
      collection,
      faceId,
    ]);
    if (row === undefined) throw new LintelError('face-not-found');
    return FaceRow.parse(row);
  }

  list(
    tx: ReadTx,
    collection: number,
    { query = '', offset = 0, limit = -1 }: FaceQuery,
  ): { faces: Face[]; total: number } {
    const matching = `FROM faces WHERE collection = @collection
      AND (@query = '' OR matches(@query, face_id, external_key, metadata ->> '$.name'))`;
    const filter = { collection, query: query.trim() };
    const faces = tx.all(`SELECT ${COLUMNS} ${matching} ORDER BY id LIMIT @limit OFFSET @offset`, {
      ...filter,
      limit,
      offset,
    });
    const { total } = Total.parse(tx.get(`SELECT count(*) AS total ${matching}`, filter));
    return { faces: z.array(FaceRow).parse(faces), total };
  }

  /** Face ids in a collection, in order of enrolment. */
  ids(tx: ReadTx, collection: number): string[] {
    return tx
      .all('SELECT face_id AS faceId FROM faces WHERE collection = ? ORDER BY id', [collection])
      .map((row) => FaceIdRow.parse(row).faceId);
  }

  /** Face ids with a key in a collection, in order of enrolment. */
  withExternalKey(tx: ReadTx, collection: number, externalKey: string): string[] {
    const rows = tx.all(
      'SELECT face_id AS faceId FROM faces WHERE collection = ? AND external_key = ? ORDER BY id',
      [collection, externalKey],
    );
    return rows.map((row) => FaceIdRow.parse(row).faceId);
  }

  /** The faces of an account with a face id or an external key, in whatever collection. */
  find(tx: ReadTx, account: string, who: { faceId: string } | { externalKey: string }): ErasedFace[] {
    const [column, value] = 'faceId' in who ? ['face_id', who.faceId] : ['external_key', who.externalKey];
    const rows = tx.all(
      `SELECT collection_id AS collectionId, face_id AS faceId
       FROM faces JOIN collections ON collections.id = faces.collection
       WHERE account = ? AND ${column} = ? ORDER BY faces.id`,
      [account, value],
    );
    return rows.map((row) => ErasedRow.parse(row));
  }

  /** Where a face of an account is, or null. */
  place(tx: ReadTx, account: string, faceId: string): Place | null {
    const row = tx.get(
      `SELECT faces.id AS face, collections.id AS collection, collection_id AS collectionId
       FROM collections JOIN faces ON faces.collection = collections.id
       WHERE account = ? AND face_id = ?`,
      [account, faceId],
    );
    return row === undefined ? null : PlaceRow.parse(row);
  }

  setExternalKey(tx: WriteTx, face: number, externalKey: string | null, now: string): void {
    tx.run('UPDATE faces SET external_key = ?, updated_at = ? WHERE id = ?', [externalKey, now, face]);
  }

  setMetadata(tx: WriteTx, face: number, metadata: FaceMetadata, now: string): void {
    tx.run('UPDATE faces SET metadata = ?, updated_at = ? WHERE id = ?', [
      JSON.stringify(metadata),
      now,
      face,
    ]);
  }

  /** @param hash of an access code @returns false when another face of the collection has it */
  setCode(tx: WriteTx, face: number, hash: Uint8Array): boolean {
    const set = 'UPDATE OR IGNORE faces SET code_hash = ? WHERE id = ?';
    return tx.run(set, [Buffer.from(hash), face]).changes > 0;
  }

  /** The face whose access code has this hash, or null. */
  withCode(tx: ReadTx, collection: number, hash: Uint8Array): Face | null {
    const found = `SELECT ${COLUMNS} FROM faces WHERE collection = ? AND code_hash = ?`;
    const row = tx.get(found, [collection, Buffer.from(hash)]);
    return row === undefined ? null : FaceRow.parse(row);
  }

  touch(tx: WriteTx, face: number, now: string): void {
    tx.run('UPDATE faces SET updated_at = ? WHERE id = ?', [now, face]);
  }

  /** With its references, templates, images and key. @returns whether it existed */
  delete(tx: WriteTx, collection: number, faceId: string): boolean {
    return tx.run('DELETE FROM faces WHERE collection = ? AND face_id = ?', [collection, faceId]).changes > 0;
  }

  count(tx: ReadTx, collection: number): number {
    const row = tx.get('SELECT count(*) AS total FROM faces WHERE collection = ?', [collection]);
    return Total.parse(row).total;
  }

  /** The bytes by which traces of a face could be found in the file: its key, its external key, its name. */
  traces(tx: ReadTx, collection: number, faceId: string): Buffer[] {
    const row = tx.get(
      `SELECT key, external_key AS externalKey, metadata ->> '$.name' AS name
       FROM faces JOIN face_keys ON face_keys.face = faces.id WHERE collection = ? AND face_id = ?`,
      [collection, faceId],
    );
    const { key, externalKey, name } = TraceRow.parse(row);
    return [key, ...[externalKey, name].filter((text) => text !== null).map((text) => Buffer.from(text))];
  }
}

const TraceRow = z.object({
  key: z.instanceof(Buffer),
  externalKey: z.string().nullable(),
  name: z.string().nullable(),
});

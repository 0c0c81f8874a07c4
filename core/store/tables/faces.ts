import { z } from 'zod';
import { LintelError, type ErasedFace, type Face, type FaceMetadata } from '#contract';
import { FaceRow } from '../disk/rows.ts';
import { matches } from './folded.ts';
import { nameIn } from './named.ts';
import { RE_ENROL } from './serving-model.ts';
import type { ErasureSubject, FaceQuery, NewFace } from '../records.ts';
import type { ReadTx, WriteTx } from '../sql/transactions.ts';

const COLUMNS = `face_id AS "faceId", external_key AS "externalKey", metadata, created_at AS "createdAt",
  updated_at AS "updatedAt",
  (SELECT count(*) FROM face_references WHERE face_references.face = faces.id) AS "referenceCount",
  (SELECT count(*) FROM face_references WHERE face_references.face = faces.id AND source = 'automatic')
    AS "automaticReferenceCount",
  ${RE_ENROL} AS "reEnrol"`;

const Id = z.object({ id: z.int() });
const NamedRow = z.object({
  id: z.int(),
  faceId: z.string(),
  externalKey: z.string().nullable(),
  metadata: z.string().transform(nameIn),
});
const Total = z.object({ total: z.int() });
const FaceIdRow = FaceRow.pick({ faceId: true });
const ErasedRow = z.object({ collectionId: z.string(), faceId: z.string() });
const PlaceRow = z.object({ face: z.int(), collection: z.int(), collectionId: z.string() });
/** Where a face is: the ids of its row and its collection's. */
export type Place = z.infer<typeof PlaceRow>;

/** The rows of faces; `collection` and `face` are the ids of rows. */
export class Faces {
  /** @returns the id of its row @throws `external-key-in-use` */
  async add(
    tx: WriteTx,
    collection: number,
    { faceId, externalKey = null, metadata = {} }: NewFace,
    now: string,
  ): Promise<number> {
    if (externalKey !== null && (await this.withExternalKey(tx, collection, externalKey)).length > 0) {
      throw new LintelError('external-key-in-use');
    }
    return await tx.insert(
      `INSERT INTO faces (collection, face_id, external_key, metadata, created_at, updated_at)
       VALUES (?, ?, ?, ?, ?, ?)`,
      [collection, faceId, externalKey, JSON.stringify(metadata), now, now],
    );
  }

  /** @throws `face-not-found` */
  async id(tx: ReadTx, collection: number, faceId: string): Promise<number> {
    return Id.parse(await this.#row(tx, 'id', collection, faceId)).id;
  }

  /** @throws `face-not-found` */
  async get(tx: ReadTx, collection: number, faceId: string): Promise<Face> {
    return FaceRow.parse(await this.#row(tx, COLUMNS, collection, faceId));
  }

  /** @throws `face-not-found` */
  async #row(tx: ReadTx, columns: string, collection: number, faceId: string): Promise<unknown> {
    const found = `SELECT ${columns} FROM faces WHERE collection = ? AND face_id = ?`;
    const row = await tx.get(found, [collection, faceId]);
    if (row === undefined) throw new LintelError('face-not-found');
    return row;
  }

  async list(
    tx: ReadTx,
    collection: number,
    { query = '', offset = 0, limit = Number.MAX_SAFE_INTEGER }: FaceQuery,
  ): Promise<{ faces: Face[]; total: number }> {
    const wanted = query.trim();
    if (wanted !== '') return await this.#found(tx, collection, wanted, offset, limit);
    const faces = await tx.all(
      `SELECT ${COLUMNS} FROM faces WHERE collection = ? ORDER BY id LIMIT ? OFFSET ?`,
      [collection, limit, offset],
    );
    return { faces: z.array(FaceRow).parse(faces), total: await this.count(tx, collection) };
  }

  /** A page of those that a query names. Databases do not fold names as people type them. */
  async #found(
    tx: ReadTx,
    collection: number,
    query: string,
    offset: number,
    limit: number,
  ): Promise<{ faces: Face[]; total: number }> {
    const rows = await tx.all(
      'SELECT id, face_id AS "faceId", external_key AS "externalKey", metadata FROM faces WHERE collection = ? ORDER BY id',
      [collection],
    );
    const found = z
      .array(NamedRow)
      .parse(rows)
      .filter(({ faceId, externalKey, metadata: name }) => matches(query, faceId, externalKey, name));
    const page = found.slice(offset, offset + limit).map(({ id }) => id);
    const faces = await tx.all(
      `SELECT ${COLUMNS} FROM faces WHERE id IN (SELECT CAST(value AS BIGINT) FROM json_each(?)) ORDER BY id`,
      [JSON.stringify(page)],
    );
    return { faces: z.array(FaceRow).parse(faces), total: found.length };
  }

  /** Face ids in a collection, in order of enrolment. */
  async ids(tx: ReadTx, collection: number): Promise<string[]> {
    return (
      await tx.all('SELECT face_id AS "faceId" FROM faces WHERE collection = ? ORDER BY id', [collection])
    ).map((row) => FaceIdRow.parse(row).faceId);
  }

  /** Face ids with a key in a collection, in order of enrolment. */
  async withExternalKey(tx: ReadTx, collection: number, externalKey: string): Promise<string[]> {
    const rows = await tx.all(
      'SELECT face_id AS "faceId" FROM faces WHERE collection = ? AND external_key = ? ORDER BY id',
      [collection, externalKey],
    );
    return rows.map((row) => FaceIdRow.parse(row).faceId);
  }

  /** The faces of an account that an erasure is about. */
  async find(tx: ReadTx, account: string, who: ErasureSubject): Promise<ErasedFace[]> {
    const [column, value] = 'faceId' in who ? ['face_id', who.faceId] : ['external_key', who.externalKey];
    const { collectionId } = who;
    const rows = await tx.all(
      `SELECT collection_id AS "collectionId", face_id AS "faceId"
       FROM faces JOIN collections ON collections.id = faces.collection
       WHERE account = ? AND ${column} = ? ${collectionId === undefined ? '' : 'AND collection_id = ?'}
       ORDER BY faces.id`,
      [account, value, ...(collectionId === undefined ? [] : [collectionId])],
    );
    return rows.map((row) => ErasedRow.parse(row));
  }

  /** Where a face of an account is, or null. */
  async place(tx: ReadTx, account: string, faceId: string): Promise<Place | null> {
    const row = await tx.get(
      `SELECT faces.id AS face, collections.id AS collection, collection_id AS "collectionId"
       FROM collections JOIN faces ON faces.collection = collections.id
       WHERE account = ? AND face_id = ?`,
      [account, faceId],
    );
    return row === undefined ? null : PlaceRow.parse(row);
  }

  async setExternalKey(tx: WriteTx, face: number, externalKey: string | null, now: string): Promise<void> {
    await tx.run('UPDATE faces SET external_key = ?, updated_at = ? WHERE id = ?', [externalKey, now, face]);
  }

  async setMetadata(tx: WriteTx, face: number, metadata: FaceMetadata, now: string): Promise<void> {
    await tx.run('UPDATE faces SET metadata = ?, updated_at = ? WHERE id = ?', [
      JSON.stringify(metadata),
      now,
      face,
    ]);
  }

  /** @param hash of an access code @returns false when another face of the collection has it, or a visitor */
  async setCode(tx: WriteTx, face: number, hash: Uint8Array): Promise<boolean> {
    const set = `UPDATE faces SET code_hash = @hash WHERE id = @face AND NOT EXISTS (SELECT 1 FROM faces AS others
      WHERE others.collection = faces.collection AND others.code_hash = @hash AND others.id <> @face)
      AND NOT EXISTS (SELECT 1 FROM visitors WHERE visitors.code_hash = @hash)`;
    return (await tx.run(set, { hash: Buffer.from(hash), face })).changes > 0;
  }

  /** The face whose access code has this hash, or null. */
  async withCode(tx: ReadTx, collection: number, hash: Uint8Array): Promise<Face | null> {
    const found = `SELECT ${COLUMNS} FROM faces WHERE collection = ? AND code_hash = ?`;
    const row = await tx.get(found, [collection, Buffer.from(hash)]);
    return row === undefined ? null : FaceRow.parse(row);
  }

  async touch(tx: WriteTx, face: number, now: string): Promise<void> {
    await tx.run('UPDATE faces SET updated_at = ? WHERE id = ?', [now, face]);
  }

  /** With its references, templates, images and key. @returns whether it existed */
  async delete(tx: WriteTx, collection: number, faceId: string): Promise<boolean> {
    return (
      (await tx.run('DELETE FROM faces WHERE collection = ? AND face_id = ?', [collection, faceId])).changes >
      0
    );
  }

  async count(tx: ReadTx, collection: number): Promise<number> {
    const row = await tx.get('SELECT count(*) AS total FROM faces WHERE collection = ?', [collection]);
    return Total.parse(row).total;
  }

  /** The bytes by which traces of a face could be found in the file: its key, its external key, its name. */
  async traces(tx: ReadTx, collection: number, faceId: string): Promise<Buffer[]> {
    const row = await tx.get(
      `SELECT key, external_key AS "externalKey", metadata
       FROM faces JOIN face_keys ON face_keys.face = faces.id WHERE collection = ? AND face_id = ?`,
      [collection, faceId],
    );
    const { key, externalKey, metadata: name } = TraceRow.parse(row);
    return [key, ...[externalKey, name].filter((text) => text !== null).map((text) => Buffer.from(text))];
  }
}

const TraceRow = z.object({
  key: z.instanceof(Buffer),
  externalKey: z.string().nullable(),
  metadata: z.string().transform(nameIn),
});

import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { LintelError } from '#contract';
import { KEY_BYTES } from '../keys/seal.ts';
import { sealImage, unsealImage } from '../keys/sealed-face.ts';
import type { Tombstones } from './tombstones.ts';
import type { ReadTx, WriteTx } from '../sql/transactions.ts';

const Blob = z.instanceof(Buffer).nullable();
const RemoteRow = z.object({
  collectionId: z.string(),
  remoteId: z.string().nullable(),
  picture: Blob,
  key: Blob,
  attemptedAt: z.iso.datetime().nullable(),
  mayHaveExternalKey: z.int().transform(Boolean),
});

export interface RemoteFace {
  readonly collectionId: string;
  /** Null: the server may have the face or not. */
  readonly remoteId: string | null;
  /** What was sent, while there is no answer; null when that is not known any more. */
  readonly picture: Uint8Array | null;
  readonly attemptedAt: string | null;
  /** Whether the server's face may have its external key already. */
  readonly mayHaveExternalKey: boolean;
}

const FaceIdRow = z.object({ faceId: z.string() });

/** Under which ids a server knows the faces of this appliance. */
export class RemoteFaces {
  readonly #tombstones: Tombstones;

  constructor(tombstones: Tombstones) {
    this.#tombstones = tombstones;
  }

  /** Ids of another server say nothing about this one. */
  async keepOnly(tx: WriteTx, server: string): Promise<void> {
    const { changes } = await tx.run('DELETE FROM remote_faces WHERE server <> ?', [server]);
    if (changes > 0) await this.#tombstones.requireScrub(tx);
  }

  /** It is unknown whether the server has the faces that wait to be sent. */
  async doubtPending(tx: WriteTx, server: string): Promise<void> {
    await tx.run(
      `INSERT INTO remote_faces (face_id, collection_id, server, may_have_key)
       SELECT face_id, collection_id, ?, 1 FROM outbox WHERE kind = 'face-added'
       ON CONFLICT DO NOTHING`,
      [server],
    );
  }

  /** Null when nothing of the face was ever sent. @throws `store-corrupt` */
  async get(tx: ReadTx, faceId: string): Promise<RemoteFace | null> {
    const row = await tx.get(
      `SELECT collection_id AS "collectionId", remote_id AS "remoteId", picture, key, attempted_at AS "attemptedAt",
         may_have_key AS "mayHaveExternalKey"
       FROM remote_faces WHERE face_id = ?`,
      [faceId],
    );
    if (row === undefined) return null;
    const { picture, key, ...rest } = RemoteRow.parse(row);
    const opened = picture === null || key === null ? null : unsealImage(key, faceId, picture);
    return { ...rest, picture: opened };
  }

  /** Faces whose picture was sent without an answer. */
  async unanswered(tx: ReadTx): Promise<string[]> {
    const rows = await tx.all('SELECT face_id AS "faceId" FROM remote_faces WHERE picture IS NOT NULL', []);
    return rows.map((row) => FaceIdRow.parse(row).faceId);
  }

  /** Note what is about to be sent. */
  async attempt(
    tx: WriteTx,
    server: string,
    collectionId: string,
    faceId: string,
    picture: Uint8Array,
  ): Promise<void> {
    const key = randomBytes(KEY_BYTES);
    await tx.run(
      `INSERT INTO remote_faces (face_id, collection_id, server, picture, key, attempted_at)
       VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (face_id) DO UPDATE
       SET picture = excluded.picture, key = excluded.key, attempted_at = excluded.attempted_at`,
      [faceId, collectionId, server, sealImage(key, faceId, picture), key, new Date().toISOString()],
    );
    key.fill(0);
  }

  /** The server has the face under this id. */
  async found(tx: WriteTx, account: string, faceId: string, remoteId: string): Promise<void> {
    await tx.run(
      `UPDATE remote_faces SET remote_id = ?, picture = NULL, key = NULL, attempted_at = NULL WHERE face_id = ?`,
      [remoteId, faceId],
    );
    await this.#scrubIfGone(tx, account, faceId);
  }

  /** The server does not have the face. */
  async remove(tx: WriteTx, account: string, faceId: string): Promise<void> {
    await tx.run('DELETE FROM remote_faces WHERE face_id = ?', [faceId]);
    await this.#scrubIfGone(tx, account, faceId);
  }

  /** Faces of this appliance that the server has under an id; more than one only where it takes two for one. */
  async withRemoteId(tx: ReadTx, collectionId: string, remoteId: string): Promise<string[]> {
    const rows = await tx.all(
      'SELECT face_id AS "faceId" FROM remote_faces WHERE collection_id = ? AND remote_id = ?',
      [collectionId, remoteId],
    );
    return rows.map((row) => FaceIdRow.parse(row).faceId);
  }

  /** Deleted faces that the server may have, by their collection. */
  async leftBehind(tx: ReadTx, account: string): Promise<{ collectionId: string; faceIds: string[] }[]> {
    const rows = await tx.all(
      `SELECT remote_faces.collection_id AS "collectionId", face_id AS "faceId"
       FROM remote_faces JOIN tombstones USING (face_id) WHERE account = ?`,
      [account],
    );
    const parsed = rows.map((row) => FaceIdRow.extend({ collectionId: z.string() }).parse(row));
    const byCollection = Map.groupBy(parsed, ({ collectionId }) => collectionId);
    return Array.from(byCollection, ([collectionId, faces]) => ({
      collectionId,
      faceIds: faces.map(({ faceId }) => faceId),
    }));
  }

  /** Pictures of faces whose server will not be asked again. */
  async dropPictures(tx: WriteTx): Promise<void> {
    const drop = 'UPDATE remote_faces SET picture = NULL, key = NULL WHERE picture IS NOT NULL';
    if ((await tx.run(drop, [])).changes > 0) await this.#tombstones.requireScrub(tx);
  }

  /** @throws `erasure-unconfirmed` while a picture of one of these faces is kept */
  async requireAnswers(tx: ReadTx, faceIds: readonly string[]): Promise<void> {
    const kept = 'SELECT 1 FROM remote_faces WHERE face_id = ? AND picture IS NOT NULL';
    for (const faceId of faceIds) {
      if ((await tx.get(kept, [faceId])) !== undefined) throw new LintelError('erasure-unconfirmed');
    }
  }

  /** While the face lives, its picture is in the file anyway. */
  async #scrubIfGone(tx: WriteTx, account: string, faceId: string): Promise<void> {
    if (await this.#tombstones.has(tx, account, faceId)) await this.#tombstones.requireScrub(tx);
  }
}

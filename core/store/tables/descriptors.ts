import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { DESCRIPTOR_LENGTH, DESCRIPTOR_MODEL, FaceId } from '#contract';
import { createTemplateProtection } from '#core/matching';
import { sealTemplate, unsealTemplate } from '../keys/sealed-face.ts';
import type { Biometrics } from './biometrics.ts';
import type { StoredDescriptor } from '../records.ts';
import type { ReadTx, WriteTx } from '../sql/transactions.ts';

/** Told apart from a template of the same network, which has unit length. */
const SEALED_AS = `${DESCRIPTOR_MODEL}\ndescriptor`;

const Id = z.object({ id: z.int() });
const Row = z.object({
  id: z.int(),
  faceId: FaceId,
  uid: z.string(),
  reference: z.int().nullable(),
  key: z.instanceof(Buffer),
  descriptor: z.instanceof(Buffer),
});
const KeyRow = z.object({ faceId: FaceId, key: z.instanceof(Buffer) });

const OWNED = `descriptors JOIN faces ON faces.id = descriptors.face
  JOIN face_keys ON face_keys.face = faces.id JOIN collections ON collections.id = faces.collection`;
const COLUMNS = 'descriptors.id, face_id AS "faceId", uid, reference, face_keys.key, descriptor';

/**
 * Second templates of faces, by the face-api network: rotated by the deployment's secret, then sealed with the key of
 * their face.
 */
export class Descriptors {
  readonly #biometrics: Biometrics;

  constructor(biometrics: Biometrics) {
    this.#biometrics = biometrics;
  }

  /**
   * @param of the reference of the same picture; null: a client sent the numbers
   * @returns its name
   */
  async add(
    tx: WriteTx,
    face: number,
    of: { readonly reference: number; readonly uid: string } | null,
    descriptor: Float32Array,
    quality: number,
    now: string,
  ): Promise<string> {
    if (descriptor.length !== DESCRIPTOR_LENGTH) throw new RangeError('A descriptor has 128 numbers.');
    const { faceId, key } = KeyRow.parse(
      await tx.get(
        'SELECT face_id AS "faceId", face_keys.key FROM faces JOIN face_keys ON face = id WHERE id = ?',
        [face],
      ),
    );
    const uid = of?.uid ?? randomBytes(16).toString('hex');
    const kept = await this.#biometrics.protect(tx, DESCRIPTOR_MODEL, descriptor);
    await tx.run(
      `INSERT INTO descriptors (face, reference, uid, descriptor, quality, created_at)
       VALUES (?, ?, ?, ?, ?, ?)`,
      [face, of?.reference ?? null, uid, sealTemplate(key, faceId, SEALED_AS, kept), quality, now],
    );
    return uid;
  }

  /** Of the faces in a collection, ascending, never used twice. */
  async ids(tx: ReadTx, collection: number): Promise<number[]> {
    const rows = await tx.all(
      'SELECT descriptors.id FROM descriptors JOIN faces ON faces.id = face WHERE collection = ? ORDER BY descriptors.id',
      [collection],
    );
    return z
      .array(Id)
      .parse(rows)
      .map(({ id }) => id);
  }

  /** Those of some ids that are there, protected. @throws `store-corrupt` */
  async get(tx: ReadTx, account: string, ids: readonly number[]): Promise<StoredDescriptor[]> {
    const rows = await tx.all(
      `SELECT ${COLUMNS} FROM ${OWNED}
       WHERE account = ? AND descriptors.id IN (SELECT CAST(value AS BIGINT) FROM json_each(?)) ORDER BY descriptors.id`,
      [account, JSON.stringify(ids)],
    );
    return rows.map((row) => opened(Row.parse(row)));
  }

  /** Removes the one that a client sent for a face. @returns whether there was one */
  async remove(tx: WriteTx, face: number, uid: string): Promise<boolean> {
    const removed = 'DELETE FROM descriptors WHERE face = ? AND uid = ? AND reference IS NULL';
    return (await tx.run(removed, [face, uid])).changes > 0;
  }

  /** Removes the oldest that clients sent for a face. @returns its name, or null */
  async removeOldest(tx: WriteTx, face: number): Promise<void> {
    await tx.run(
      `DELETE FROM descriptors WHERE id = (
         SELECT id FROM descriptors WHERE face = ? AND reference IS NULL ORDER BY id LIMIT 1)`,
      [face],
    );
  }

  /** Removes all of an account. @returns how many */
  async removeAll(tx: WriteTx, account: string): Promise<number> {
    return (
      await tx.run(
        `DELETE FROM descriptors WHERE face IN (
         SELECT faces.id FROM faces JOIN collections ON collections.id = faces.collection WHERE account = ?)`,
        [account],
      )
    ).changes;
  }

  /** Those of a face, as the network made them, up to rounding. @throws `store-corrupt` */
  async personal(tx: ReadTx, face: number): Promise<Float32Array[]> {
    const rows = await tx.all(`SELECT ${COLUMNS} FROM ${OWNED} WHERE descriptors.face = ?`, [face]);
    return await Array.fromAsync(rows, (row) =>
      this.#biometrics.recover(tx, DESCRIPTOR_MODEL, opened(Row.parse(row)).descriptor),
    );
  }

  /** Rotate all by a new secret, while the former is still in force. @throws `store-corrupt` */
  async renew(tx: WriteTx, protectionKey: Uint8Array): Promise<void> {
    const next = createTemplateProtection(protectionKey, DESCRIPTOR_MODEL, DESCRIPTOR_LENGTH);
    for (const row of await tx.all(`SELECT ${COLUMNS} FROM ${OWNED}`, [])) {
      const { id, faceId, key, ...sealed } = Row.parse(row);
      const { descriptor } = opened({ id, faceId, key, ...sealed });
      const plain = await this.#biometrics.recover(tx, DESCRIPTOR_MODEL, descriptor);
      await tx.run('UPDATE descriptors SET descriptor = ? WHERE id = ?', [
        sealTemplate(key, faceId, SEALED_AS, next.protect(plain)),
        id,
      ]);
    }
  }

  /** Opens all. @returns how many @throws `store-corrupt` */
  async inspect(tx: ReadTx): Promise<number> {
    let count = 0;
    for await (const row of tx.each(`SELECT ${COLUMNS} FROM ${OWNED}`)) {
      opened(Row.parse(row));
      count++;
    }
    return count;
  }
}

function opened({ id, faceId, uid, reference, key, descriptor }: z.infer<typeof Row>): StoredDescriptor {
  const kept = unsealTemplate(key, faceId, SEALED_AS, descriptor);
  return { id, faceId, uid, isForeign: reference === null, descriptor: kept };
}

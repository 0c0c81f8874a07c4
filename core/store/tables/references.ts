import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { FaceId, LintelError, MAX_AUTOMATIC_REFERENCES, MAX_REFERENCES_PER_FACE } from '#contract';
import { ReferenceSource } from '../disk/rows.ts';
import type { Biometrics } from './biometrics.ts';
import type { Collections } from './collections.ts';
import type { Descriptors } from './descriptors.ts';
import type { ServingModels } from './serving-model.ts';
import { WHOLE, type CollectionPart, type NewReference, type ReferencePage } from '../records.ts';
import type { ReadTx, WriteTx } from '../sql/transactions.ts';

/** Names of references that a face had are kept so that they do not come back, the newest so many: automatic ones come and go. */
export const REMOVED_REFERENCES = 200;

const Id = z.object({ id: z.int() });
const Count = z.object({ count: z.int() });
const UidRow = z.object({ uid: z.string() });
const Counts = z.object({ all: z.int(), automatic: z.int() });
const CameRow = z.object({ faceId: FaceId, uid: z.string() });

const Row = z.object({
  id: z.int(),
  uid: z.string(),
  quality: z.number(),
  source: ReferenceSource,
  createdAt: z.string(),
});
/** What is known of a reference besides its templates and image. */
export type ReferenceRow = Readonly<Omit<z.infer<typeof Row>, 'id'>>;

/** A template for a reference that is there. */
export interface LateTemplate {
  /** The id of its row. */
  readonly reference: number;
  readonly modelId: string;
  /** Null: the model finds no face in the reference's image. */
  readonly template: Float32Array | null;
}

/** The rows of references; `collection` and `face` are the ids of rows. */
export class References {
  readonly #biometrics: Biometrics;
  readonly #models: ServingModels;
  readonly #descriptors: Descriptors;
  readonly #collections: Collections;

  constructor(
    biometrics: Biometrics,
    models: ServingModels,
    descriptors: Descriptors,
    collections: Collections,
  ) {
    this.#biometrics = biometrics;
    this.#models = models;
    this.#descriptors = descriptors;
    this.#collections = collections;
  }

  /**
   * The oldest automatic references make room where there are too many.
   * @param others whether the oldest of the others make room too, one for one, where that is not enough
   * @param most how many of those there may be
   * @returns names of those that came, and of those that made room @throws `too-many-references`, `model-switched`
   */
  async add(
    tx: WriteTx,
    account: string,
    collection: number,
    face: number,
    references: readonly NewReference[],
    now: string,
    others = false,
    most: number = MAX_REFERENCES_PER_FACE,
  ): Promise<{ added: string[]; removed: string[] }> {
    const added: string[] = [];
    for (const { modelId, template, quality, source, image, descriptor, additional = [] } of references) {
      await this.#models.require(tx, account, modelId);
      const uid = randomBytes(16).toString('hex');
      const id = await this.insert(tx, collection, face, { uid, quality, source, createdAt: now });
      for (const made of [{ modelId, template }, ...additional]) {
        await this.#biometrics.addTemplate(tx, id, made.modelId, made.template);
      }
      if (image !== undefined) await this.#biometrics.addImage(tx, id, image, now);
      if (descriptor !== undefined && source !== 'automatic') {
        await this.#descriptors.add(tx, face, { reference: id, uid }, descriptor, quality, now);
      }
      added.push(uid);
    }
    const surplus = others
      ? Math.min(
          references.length,
          (await this.#counts(tx, face)).all - (await this.#counts(tx, face)).automatic - most,
        )
      : 0;
    const oldest = surplus > 0 ? await this.#removeOldest(tx, face, "source <> 'automatic'", surplus) : [];
    return { added, removed: [...oldest, ...(await this.makeRoom(tx, face))] };
  }

  /** Without templates and image yet. @returns the id of its row */
  async insert(
    tx: WriteTx,
    collection: number,
    face: number,
    { uid, quality, source, createdAt }: ReferenceRow,
  ): Promise<number> {
    return await tx.insert(
      `INSERT INTO face_references (collection, face, uid, quality, source, created_at) VALUES (?, ?, ?, ?, ?, ?)`,
      [collection, face, uid, quality, source, createdAt],
    );
  }

  /**
   * Gives references of an account templates beside those that they have; one of the same model that is there already
   * stays, and references that are gone are left out. Who holds templates of the serving model compares the whole
   * collection then, which takes seconds in a large one: once, however many are given here.
   * @returns how many are new @throws `template-invalid`
   */
  async addLate(tx: WriteTx, account: string, templates: readonly LateTemplate[]): Promise<number> {
    const serving = await this.#models.get(tx, account);
    const outdated = new Set<number>();
    let count = 0;
    for (const { reference, modelId, template } of templates) {
      const collection = await this.#collectionOf(tx, account, reference);
      if (collection === null) continue;
      if (!(await this.#biometrics.addTemplate(tx, reference, modelId, template))) continue;
      count++;
      // Of another model than the serving one there is no index yet that passed the reference.
      if (template !== null && modelId === serving) outdated.add(collection);
    }
    for (const collection of outdated) {
      await this.#collections.changed(tx, collection);
      await this.#collections.outdated(tx, collection);
    }
    return count;
  }

  /** How many references a face may still get. */
  async room(tx: ReadTx, face: number): Promise<number> {
    return MAX_REFERENCES_PER_FACE - (await this.#counts(tx, face)).all;
  }

  /**
   * Those of some references that a face has, or may get: of new ones that somebody chose, the best for which automatic
   * ones can make room.
   */
  async fitting<R extends ReferenceRow>(tx: ReadTx, face: number, references: readonly R[]): Promise<R[]> {
    const { all, automatic } = await this.#counts(tx, face);
    const rows = await tx.all('SELECT uid FROM face_references WHERE face = ?', [face]);
    const present = new Set(
      z
        .array(UidRow)
        .parse(rows)
        .map(({ uid }) => uid),
    );
    const chosen = references.filter(({ uid, source }) => !present.has(uid) && source !== 'automatic');
    const left = chosen
      .toSorted((a, b) => b.quality - a.quality)
      .slice(Math.max(0, MAX_REFERENCES_PER_FACE - (all - automatic)));
    return references.filter((reference) => !left.includes(reference));
  }

  /** Those of some references that were not removed from a face. */
  async notRemoved<R extends Pick<ReferenceRow, 'uid'>>(
    tx: ReadTx,
    face: number,
    references: readonly R[],
  ): Promise<R[]> {
    const removed = new Set(await this.removedOf(tx, face));
    return references.filter(({ uid }) => !removed.has(uid));
  }

  /**
   * Names of references that were removed from a face, at most 200, the oldest first. One that the face has again is none of
   * them: a server that refused its removal gave it back.
   */
  async removedOf(tx: ReadTx, face: number): Promise<string[]> {
    const rows = await tx.all(
      `SELECT uid FROM removed_references WHERE face = ?
         AND uid NOT IN (SELECT uid FROM face_references WHERE face = ?) ORDER BY id`,
      [face, face],
    );
    return rows.map((row) => UidRow.parse(row).uid);
  }

  async #noteRemoved(tx: WriteTx, face: number, uids: readonly string[]): Promise<void> {
    for (const uid of uids.slice(-REMOVED_REFERENCES)) {
      await tx.run(
        'INSERT INTO removed_references (face, uid) VALUES (?, ?) ON CONFLICT (face, uid) DO NOTHING',
        [face, uid],
      );
    }
    await tx.run(
      `DELETE FROM removed_references WHERE id IN (
         SELECT id FROM removed_references WHERE face = ? ORDER BY id DESC LIMIT ? OFFSET ?)`,
      [face, Number.MAX_SAFE_INTEGER, REMOVED_REFERENCES],
    );
  }

  /**
   * One face has references of another, which is about to go: note that they came from there, and from wherever they came
   * before.
   */
  async noteCame(
    tx: WriteTx,
    { from, faceId, into }: Record<'from' | 'into', number> & { faceId: string },
  ): Promise<void> {
    await tx.run(
      `INSERT INTO merged_references (reference, face_id)
         SELECT here.id, @faceId FROM face_references AS here JOIN face_references AS there ON there.uid = here.uid
           WHERE here.face = @into AND there.face = @from
         UNION SELECT here.id, face_id FROM face_references AS here JOIN face_references AS there ON there.uid = here.uid
           JOIN merged_references ON merged_references.reference = there.id
           WHERE here.face = @into AND there.face = @from`,
      { faceId, into, from },
    );
  }

  /** The references of an account that came from a face which is gone, and the faces that have them now. */
  async cameFrom(tx: ReadTx, account: string, faceId: string): Promise<z.infer<typeof CameRow>[]> {
    const rows = await tx.all(
      `SELECT faces.face_id AS "faceId", uid FROM merged_references
       JOIN face_references ON face_references.id = reference JOIN faces ON faces.id = face_references.face
       JOIN collections ON collections.id = faces.collection
       WHERE merged_references.face_id = ? AND account = ? ORDER BY reference`,
      [faceId, account],
    );
    return z.array(CameRow).parse(rows);
  }

  /** Oldest automatic references of a face with too many go. @returns their names @throws `too-many-references` */
  async makeRoom(tx: WriteTx, face: number): Promise<string[]> {
    const { all, automatic } = await this.#counts(tx, face);
    const surplus = Math.max(all - MAX_REFERENCES_PER_FACE, automatic - MAX_AUTOMATIC_REFERENCES, 0);
    if (surplus > automatic) throw new LintelError('too-many-references');
    return surplus > 0 ? await this.removeAutomatic(tx, face, surplus) : [];
  }

  /** Removes automatic references of a face, the oldest first, by default all. @returns their names */
  removeAutomatic(tx: WriteTx, face: number, atMost = Number.MAX_SAFE_INTEGER): Promise<string[]> {
    return this.#removeOldest(tx, face, "source = 'automatic'", atMost);
  }

  async #removeOldest(
    tx: WriteTx,
    face: number,
    which: "source = 'automatic'" | "source <> 'automatic'",
    atMost: number,
  ): Promise<string[]> {
    const rows = await tx.all(
      `DELETE FROM face_references WHERE id IN (SELECT id FROM face_references
       WHERE face = ? AND ${which} ORDER BY id LIMIT ?) RETURNING uid`,
      [face, atMost],
    );
    const removed = rows.map((row) => UidRow.parse(row).uid);
    await this.#noteRemoved(tx, face, removed);
    return removed;
  }

  /** Removes references of a face by name, so that they do not come back. @returns how many there were */
  async remove(tx: WriteTx, face: number, uids: readonly string[]): Promise<number> {
    await this.#noteRemoved(tx, face, uids);
    return await this.drop(tx, face, uids);
  }

  /** The same, but whoever has one of them may bring it back. */
  async drop(tx: WriteTx, face: number, uids: readonly string[]): Promise<number> {
    return (
      await tx.run('DELETE FROM face_references WHERE face = ? AND uid IN (SELECT value FROM json_each(?))', [
        face,
        JSON.stringify(uids),
      ])
    ).changes;
  }

  /** Removes references of a face that have neither a template nor an image. @returns their names */
  async removeEmpty(tx: WriteTx, face: number): Promise<string[]> {
    const rows = await tx.all(
      `DELETE FROM face_references WHERE face = ?
         AND NOT EXISTS (SELECT 1 FROM templates WHERE templates.reference = face_references.id)
         AND NOT EXISTS (SELECT 1 FROM reference_images WHERE reference_images.reference = face_references.id)
       RETURNING uid`,
      [face],
    );
    return rows.map((row) => UidRow.parse(row).uid);
  }

  /** Of one face, oldest first. */
  async rowsOf(tx: ReadTx, face: number): Promise<z.infer<typeof Row>[]> {
    const rows = await tx.all(
      'SELECT id, uid, quality, source, created_at AS "createdAt" FROM face_references WHERE face = ? ORDER BY id',
      [face],
    );
    return z.array(Row).parse(rows);
  }

  /** Of one face, oldest first. */
  async idsOf(tx: ReadTx, face: number): Promise<number[]> {
    return (await tx.all('SELECT id FROM face_references WHERE face = ? ORDER BY id', [face])).map(
      (row) => Id.parse(row).id,
    );
  }

  /** The name of a reference of an account, or null. */
  async uidOf(tx: ReadTx, account: string, id: number): Promise<string | null> {
    const row = await tx.get(
      `SELECT uid FROM face_references JOIN collections ON collections.id = collection
       WHERE face_references.id = ? AND account = ?`,
      [id, account],
    );
    return row === undefined ? null : UidRow.parse(row).uid;
  }

  /** The id of the collection of a reference of an account, or null. */
  async #collectionOf(tx: ReadTx, account: string, id: number): Promise<number | null> {
    const row = await tx.get(
      `SELECT collections.id FROM face_references JOIN collections ON collections.id = collection
       WHERE face_references.id = ? AND account = ?`,
      [id, account],
    );
    return row === undefined ? null : Id.parse(row).id;
  }

  /** Ids of the references with a template of a model, ascending. */
  async ids(
    tx: ReadTx,
    collection: number,
    modelId: string,
    {
      after = 0,
      upTo = Number.MAX_SAFE_INTEGER,
      limit = Number.MAX_SAFE_INTEGER,
      part = WHOLE,
    }: ReferencePage,
  ): Promise<number[]> {
    const rows = await tx.all(
      `SELECT id FROM face_references
       JOIN templates ON templates.reference = id AND template IS NOT NULL
       WHERE collection = ? AND model_id = ? AND id > ? AND id <= ? AND face % CAST(? AS BIGINT) = ?
       ORDER BY id LIMIT ?`,
      [collection, modelId, after, upTo, part.of, part.number, limit],
    );
    return z
      .array(Id)
      .parse(rows)
      .map(({ id }) => id);
  }

  /** How many references with a template of a model there are. */
  async count(tx: ReadTx, collection: number, modelId: string, part: CollectionPart): Promise<number> {
    const row = await tx.get(
      `SELECT count(*) AS count FROM face_references
       JOIN templates ON templates.reference = id AND template IS NOT NULL
       WHERE collection = ? AND model_id = ? AND face % CAST(? AS BIGINT) = ?`,
      [collection, modelId, part.of, part.number],
    );
    return Count.parse(row).count;
  }

  async #counts(tx: ReadTx, face: number): Promise<z.infer<typeof Counts>> {
    const row = await tx.get(
      `SELECT count(*) AS "all", count(*) FILTER (WHERE source = 'automatic') AS automatic
       FROM face_references WHERE face = ?`,
      [face],
    );
    return Counts.parse(row);
  }
}

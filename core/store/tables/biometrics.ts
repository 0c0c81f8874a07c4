import { createHash, randomBytes } from 'node:crypto';
import { z } from 'zod';
import { FaceId, LintelError } from '#contract';
import { createTemplateProtection, isTemplate, Recent, type TemplateProtection } from '#core/matching';
import { ReferenceSource, SealedImageRow, SealedReferenceRow, SealedTemplateRow } from '../disk/rows.ts';
import { KEY_BYTES } from '../keys/seal.ts';
import { sealImage, sealTemplate, unsealImage, unsealTemplate } from '../keys/sealed-face.ts';
import type { Secrets } from './secrets.ts';
import type { TemplateLengths } from './template-lengths.ts';
import { jsonColumn } from '../sql/json-column.ts';
import type { ModelTemplate, PersonalReference, StoredReference, UnsoundTemplate } from '../records.ts';
import type { ReadTx, WriteTx } from '../sql/transactions.ts';

const PROTECTION_SECRET = 'template-protection';

/** Rotations that are kept: appliances may name as many models as they like. */
const ROTATIONS = 32;

const FaceKeyRow = z.object({ account: z.string(), faceId: FaceId, key: z.instanceof(Buffer) });
const IdRow = z.object({ id: z.int() });
const PersonalRow = z.object({
  id: z.int(),
  quality: z.number(),
  source: ReferenceSource,
  createdAt: z.string(),
});

const PlacedTemplateRow = SealedTemplateRow.extend({ account: z.string(), collectionId: z.string() });

const PicturedRow = z.object({
  collectionId: z.string(),
  faceId: FaceId,
  uids: jsonColumn(z.array(z.string())),
});

/** Everything with a blob, and the key of the face it belongs to. */
const OWNED = `JOIN face_references ON face_references.id = reference
  JOIN faces ON faces.id = face_references.face
  JOIN face_keys ON face_keys.face = faces.id
  JOIN collections ON collections.id = face_references.collection`;

/** Every template, with where it belongs. */
const PLACED = `SELECT account, collection_id AS "collectionId", face_id AS "faceId", face_keys.key AS key, reference,
  model_id AS "modelId", template FROM templates ${OWNED} WHERE template IS NOT NULL`;

/**
 * How templates and images lie in the database: rotated by the deployment's secret (templates), then sealed with the
 * key of their face. Nothing else reads or writes their blobs.
 */
export class Biometrics {
  readonly #secrets: Secrets;
  readonly #lengths: TemplateLengths;
  #protectionKey: Buffer = Buffer.alloc(0);
  #protections = new Recent<string, TemplateProtection>(ROTATIONS);

  constructor(secrets: Secrets, lengths: TemplateLengths) {
    this.#secrets = secrets;
    this.#lengths = lengths;
  }

  /** Gives a new face its key. */
  async addFaceKey(tx: WriteTx, face: number): Promise<void> {
    const key = randomBytes(KEY_BYTES);
    await tx.run('INSERT INTO face_keys (face, key) VALUES (?, ?)', [face, key]);
    key.fill(0);
  }

  /** A template of a model as it is kept and compared. */
  async protect(tx: ReadTx, modelId: string, template: Float32Array): Promise<Float32Array> {
    return (await this.#protection(tx, modelId, template.length)).protect(template);
  }

  /** The inverse of {@link protect}. */
  async recover(tx: ReadTx, modelId: string, kept: Float32Array): Promise<Float32Array> {
    return (await this.#protection(tx, modelId, kept.length)).recover(kept);
  }

  /** Identifies the secret in force. */
  async protectionId(tx: ReadTx): Promise<string> {
    return createHash('sha256')
      .update((await this.#secrets.get(tx, PROTECTION_SECRET))!)
      .digest('hex');
  }

  /**
   * Keeps a template beside those of other models; one that is there already stays.
   * @param template null: the model finds no face in the reference's image
   * @returns whether it is new @throws `template-invalid`
   */
  async addTemplate(
    tx: WriteTx,
    reference: number,
    modelId: string,
    template: Float32Array | null,
  ): Promise<boolean> {
    const { account, faceId, key } = await this.#faceKeyOf(tx, reference);
    if (template !== null) {
      await this.#lengths.require(tx, account, modelId, template.length);
      if (!isTemplate(template, template.length)) {
        throw new LintelError('template-invalid', '(not of unit length)');
      }
    }
    const sealed =
      template === null
        ? null
        : sealTemplate(key, faceId, modelId, await this.protect(tx, modelId, template));
    const { changes } = await tx.run(
      'INSERT INTO templates (reference, model_id, template) VALUES (?, ?, ?) ON CONFLICT DO NOTHING',
      [reference, modelId, sealed],
    );
    return changes > 0;
  }

  /** One that is there already stays. */
  async addImage(tx: WriteTx, reference: number, image: Uint8Array, createdAt: string): Promise<void> {
    const { faceId, key } = await this.#faceKeyOf(tx, reference);
    await tx.run(
      'INSERT INTO reference_images (reference, image, created_at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING',
      [reference, sealImage(key, faceId, image), createdAt],
    );
  }

  async hasTemplate(tx: ReadTx, reference: number, modelId: string): Promise<boolean> {
    const found = 'SELECT 1 FROM templates WHERE reference = ? AND model_id = ? AND template IS NOT NULL';
    return (await tx.get(found, [reference, modelId])) !== undefined;
  }

  async removeTemplate(tx: WriteTx, reference: number, modelId: string): Promise<void> {
    await tx.run('DELETE FROM templates WHERE reference = ? AND model_id = ?', [reference, modelId]);
  }

  /** Those of all models that a reference has, as their models made them, up to rounding. @throws `store-corrupt` */
  async templatesOf(tx: ReadTx, reference: number): Promise<ModelTemplate[]> {
    const templates: ModelTemplate[] = [];
    const rows = await this.#placed(tx, 'reference = ? ORDER BY model_id', [reference]);
    for (const { account, faceId, key, modelId, template } of rows) {
      const kept = unsealTemplate(key, faceId, modelId, template);
      if (!(await this.#lengths.isSound(tx, account, modelId, kept))) continue;
      templates.push({ modelId, template: await this.recover(tx, modelId, kept) });
    }
    return templates;
  }

  /** Those of some references whose row of a model is no template. @throws `store-corrupt` */
  async unsoundAmong(
    tx: ReadTx,
    account: string,
    modelId: string,
    referenceIds: readonly number[],
  ): Promise<UnsoundTemplate[]> {
    const wanted =
      'account = ? AND model_id = ? AND reference IN (SELECT CAST(value AS BIGINT) FROM json_each(?))';
    const unsound: UnsoundTemplate[] = [];
    for (const row of await this.#placed(tx, wanted, [account, modelId, JSON.stringify(referenceIds)])) {
      unsound.push(...(await this.#unsound(tx, row)));
    }
    return unsound;
  }

  /** Looks at every template. @throws `store-corrupt` */
  async inspectTemplates(tx: ReadTx): Promise<{ templates: number; unsound: UnsoundTemplate[] }> {
    const unsound: UnsoundTemplate[] = [];
    let templates = 0;
    for await (const row of tx.each(PLACED)) {
      unsound.push(...(await this.#unsound(tx, PlacedTemplateRow.parse(row))));
      templates++;
    }
    return { templates, unsound };
  }

  /**
   * The protected templates of one model, in the order asked for; references without one, and rows that are none, are
   * left out.
   * @throws `store-corrupt`
   */
  async templates(
    tx: ReadTx,
    account: string,
    modelId: string,
    referenceIds: readonly number[],
  ): Promise<StoredReference[]> {
    const rows = await tx.all(
      `SELECT reference, face_id AS "faceId", face_keys.key AS key, model_id AS "modelId", template, source,
         face_references.created_at AS "createdAt"
       FROM json_each(?) AS wanted
       JOIN templates ON templates.reference = CAST(wanted.value AS BIGINT) AND model_id = ? AND template IS NOT NULL ${OWNED}
       WHERE account = ? ORDER BY wanted.key`,
      [JSON.stringify(referenceIds), modelId, account],
    );
    const length = await this.#lengths.of(tx, account, modelId);
    const stored: StoredReference[] = [];
    for (const row of rows) {
      const { reference, faceId, key, template, source, createdAt } = SealedReferenceRow.parse(row);
      const kept = unsealTemplate(key, faceId, modelId, template);
      if (!isTemplate(kept, length ?? kept.length)) continue;
      stored.push({ referenceId: reference, faceId, template: kept, source, createdAt });
    }
    return stored;
  }

  /** @throws `store-corrupt` */
  async image(tx: ReadTx, account: string, referenceId: number): Promise<Uint8Array | null> {
    const row = await tx.get(
      `SELECT face_id AS "faceId", face_keys.key AS key, image FROM reference_images ${OWNED} WHERE reference = ? AND account = ?`,
      [referenceId, account],
    );
    if (row === undefined) return null;
    const { faceId, key, image } = SealedImageRow.parse(row);
    return unsealImage(key, faceId, image);
  }

  /** The image of the best reference of a face that keeps one, or null. @throws `store-corrupt` */
  async bestImage(tx: ReadTx, account: string, face: number): Promise<Uint8Array | null> {
    const row = await tx.get(
      `SELECT face_references.id FROM face_references
       JOIN reference_images ON reference_images.reference = face_references.id
       WHERE face = ? ORDER BY quality DESC, face_references.id LIMIT 1`,
      [face],
    );
    return row === undefined ? null : await this.image(tx, account, IdRow.parse(row).id);
  }

  /** All that is known of one face's references, templates as their models made them. @throws `store-corrupt` */
  async personal(tx: ReadTx, account: string, face: number): Promise<PersonalReference[]> {
    const rows = await tx.all(
      'SELECT id, quality, source, created_at AS "createdAt" FROM face_references WHERE face = ? ORDER BY id',
      [face],
    );
    return await Array.fromAsync(rows, async (row) => {
      const { id, quality, source, createdAt } = PersonalRow.parse(row);
      const templates = await this.templatesOf(tx, id);
      return { quality, source, createdAt, templates, image: await this.image(tx, account, id) };
    });
  }

  /** Rotate every template by a new secret instead of the present one. @returns how many @throws `store-corrupt` */
  async renew(tx: WriteTx, protectionKey: Uint8Array): Promise<number> {
    const all = await tx.all(
      `SELECT reference, model_id AS "modelId" FROM templates WHERE template IS NOT NULL`,
      [],
    );
    const ids = z.array(z.object({ reference: z.int(), modelId: z.string() })).parse(all);
    const next = new Map<string, TemplateProtection>();
    for (const { reference, modelId } of ids) {
      const row = await tx.get(
        `SELECT reference, face_id AS "faceId", face_keys.key AS key, model_id AS "modelId", template FROM templates ${OWNED}
         WHERE reference = ? AND model_id = ?`,
        [reference, modelId],
      );
      const { faceId, key, template } = SealedTemplateRow.parse(row);
      const kept = unsealTemplate(key, faceId, modelId, template);
      const plain = (await this.#protection(tx, modelId, kept.length)).recover(kept);
      const name = `${plain.length} ${modelId}`;
      if (!next.has(name)) next.set(name, createTemplateProtection(protectionKey, modelId, plain.length));
      const sealed = sealTemplate(key, faceId, modelId, next.get(name)!.protect(plain));
      await tx.run('UPDATE templates SET template = ? WHERE reference = ? AND model_id = ?', [
        sealed,
        reference,
        modelId,
      ]);
    }
    await this.#secrets.set(tx, PROTECTION_SECRET, protectionKey);
    return ids.length;
  }

  /** The references of each face that have an image. */
  async pictured(tx: ReadTx, account: string): Promise<z.infer<typeof PicturedRow>[]> {
    const rows = await tx.all(
      `SELECT collection_id AS "collectionId", face_id AS "faceId", json_group_array(uid) AS uids FROM reference_images
       ${OWNED} WHERE account = ? GROUP BY faces.id, collection_id, face_id`,
      [account],
    );
    return z.array(PicturedRow).parse(rows);
  }

  /** Removes the images taken before a moment. @returns how many */
  async dropImages(tx: WriteTx, account: string, before: string): Promise<number> {
    return (
      await tx.run(
        `DELETE FROM reference_images WHERE created_at < ? AND reference IN (
         SELECT face_references.id FROM face_references
         JOIN collections ON collections.id = face_references.collection AND account = ?)`,
        [before, account],
      )
    ).changes;
  }

  /** Removes the images of one face. @returns how many */
  async dropImagesOf(tx: WriteTx, face: number): Promise<number> {
    return (
      await tx.run(
        'DELETE FROM reference_images WHERE reference IN (SELECT id FROM face_references WHERE face = ?)',
        [face],
      )
    ).changes;
  }

  /** Images of a time when the clock was wrong, before `earliest` or after `now`, count as taken now. */
  async mendTimes(tx: WriteTx, earliest: string, now: string): Promise<void> {
    await tx.run(
      'UPDATE reference_images SET created_at = @now WHERE created_at < @earliest OR created_at > @now',
      {
        earliest,
        now,
      },
    );
  }

  /** Removes images that a model has made a template of. @returns how many */
  async dropEmbeddedImages(tx: WriteTx, account: string, modelId: string): Promise<number> {
    return (
      await tx.run(
        // From the pictures, which are few, to the templates, of which there is one for each person.
        `DELETE FROM reference_images WHERE EXISTS (
         SELECT 1 FROM templates
         JOIN face_references ON face_references.id = templates.reference
         JOIN collections ON collections.id = face_references.collection AND account = ?
         WHERE templates.reference = reference_images.reference AND model_id = ? AND template IS NOT NULL)`,
        [account, modelId],
      )
    ).changes;
  }

  /** Removes images of faces about which nothing waits to be told to the server. @returns how many */
  async dropAcknowledgedImages(tx: WriteTx, account: string): Promise<number> {
    return (
      await tx.run(
        `DELETE FROM reference_images WHERE EXISTS (
         SELECT 1 FROM face_references
         JOIN faces ON faces.id = face_references.face
         JOIN collections ON collections.id = face_references.collection AND account = ?
         WHERE face_references.id = reference_images.reference
           AND NOT EXISTS (SELECT 1 FROM outbox WHERE outbox.face_id = faces.face_id)
           AND NOT EXISTS (SELECT 1 FROM parked WHERE parked.face_id = faces.face_id))`,
        [account],
      )
    ).changes;
  }

  /** Opens everything that is sealed. @returns how many blobs @throws `store-corrupt` */
  async inspect(tx: ReadTx): Promise<number> {
    const columns = 'reference, face_id AS "faceId", face_keys.key AS key';
    let count = 0;
    for await (const row of tx.each(
      `SELECT ${columns}, model_id AS "modelId", template FROM templates ${OWNED} WHERE template IS NOT NULL`,
    )) {
      const { key, faceId, modelId, template } = SealedTemplateRow.parse(row);
      unsealTemplate(key, faceId, modelId, template);
      count++;
    }
    for await (const row of tx.each(`SELECT ${columns}, image FROM reference_images ${OWNED}`)) {
      const { key, faceId, image } = SealedImageRow.parse(row);
      unsealImage(key, faceId, image);
      count++;
    }
    return count;
  }

  async #placed(
    tx: ReadTx,
    where: string,
    parameters: readonly (string | number)[],
  ): Promise<z.infer<typeof PlacedTemplateRow>[]> {
    return z.array(PlacedTemplateRow).parse(await tx.all(`${PLACED} AND ${where}`, parameters));
  }

  /** That row, where it is no template. */
  async #unsound(
    tx: ReadTx,
    { account, collectionId, faceId, key, modelId, reference, template }: z.infer<typeof PlacedTemplateRow>,
  ): Promise<UnsoundTemplate[]> {
    const kept = unsealTemplate(key, faceId, modelId, template);
    if (await this.#lengths.isSound(tx, account, modelId, kept)) return [];
    return [{ account, collectionId, faceId, referenceId: reference, modelId }];
  }

  async #faceKeyOf(tx: ReadTx, reference: number): Promise<z.infer<typeof FaceKeyRow>> {
    return FaceKeyRow.parse(
      await tx.get(
        `SELECT account, face_id AS "faceId", face_keys.key AS key FROM face_references
         JOIN faces ON faces.id = face_references.face JOIN face_keys ON face_keys.face = faces.id
         JOIN collections ON collections.id = face_references.collection
         WHERE face_references.id = ?`,
        [reference],
      ),
    );
  }

  /** By the secret in force: another process may have renewed it. */
  async #protection(tx: ReadTx, modelId: string, dimension: number): Promise<TemplateProtection> {
    const key = (await this.#secrets.get(tx, PROTECTION_SECRET))!;
    if (!key.equals(this.#protectionKey)) {
      this.#protectionKey = key;
      this.#protections = new Recent(ROTATIONS);
    }
    const name = `${dimension} ${modelId}`;
    return this.#protections.get(name, () => createTemplateProtection(key, modelId, dimension));
  }
}

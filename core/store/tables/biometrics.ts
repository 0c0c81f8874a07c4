import { createHash, randomBytes } from 'node:crypto';
import { z } from 'zod';
import { FaceId, LintelError } from '#contract';
import { createTemplateProtection, isTemplate, Recent, type TemplateProtection } from '#core/matching';
import { ReferenceSource, SealedImageRow, SealedReferenceRow, SealedTemplateRow } from '../disk/rows.ts';
import { KEY_BYTES } from '../keys/seal.ts';
import { sealImage, sealTemplate, unsealImage, unsealTemplate } from '../keys/sealed-face.ts';
import type { Secrets } from './secrets.ts';
import type { TemplateLengths } from './template-lengths.ts';
import type { ModelTemplate, PersonalReference, StoredReference, UnsoundTemplate } from '../records.ts';
import type { ReadTx, WriteTx } from '../file/transactions.ts';

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
  uids: z.string().transform((text) => z.array(z.string()).parse(JSON.parse(text))),
});

/** Everything with a blob, and the key of the face it belongs to. */
const OWNED = `JOIN face_references ON face_references.id = reference
  JOIN faces ON faces.id = face_references.face
  JOIN face_keys ON face_keys.face = faces.id
  JOIN collections ON collections.id = face_references.collection`;

/** Every template, with where it belongs. */
const PLACED = `SELECT account, collection_id AS collectionId, face_id AS faceId, face_keys.key AS key, reference,
  model_id AS modelId, template FROM templates ${OWNED} WHERE template IS NOT NULL`;

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
  addFaceKey(tx: WriteTx, face: number): void {
    const key = randomBytes(KEY_BYTES);
    tx.run('INSERT INTO face_keys (face, key) VALUES (?, ?)', [face, key]);
    key.fill(0);
  }

  /** A template of a model as it is kept and compared. */
  protect(tx: ReadTx, modelId: string, template: Float32Array): Float32Array {
    return this.#protection(tx, modelId, template.length).protect(template);
  }

  /** The inverse of {@link protect}. */
  recover(tx: ReadTx, modelId: string, kept: Float32Array): Float32Array {
    return this.#protection(tx, modelId, kept.length).recover(kept);
  }

  /** Identifies the secret in force. */
  protectionId(tx: ReadTx): string {
    return createHash('sha256').update(this.#secrets.get(tx, PROTECTION_SECRET)!).digest('hex');
  }

  /**
   * Keeps a template beside those of other models; one that is there already stays.
   * @param template null: the model finds no face in the reference's image
   * @returns whether it is new @throws `template-invalid`
   */
  addTemplate(tx: WriteTx, reference: number, modelId: string, template: Float32Array | null): boolean {
    const { account, faceId, key } = this.#faceKeyOf(tx, reference);
    if (template !== null) {
      this.#lengths.require(tx, account, modelId, template.length);
      if (!isTemplate(template, template.length)) {
        throw new LintelError('template-invalid', '(not of unit length)');
      }
    }
    const sealed =
      template === null ? null : sealTemplate(key, faceId, modelId, this.protect(tx, modelId, template));
    const { changes } = tx.run(
      'INSERT INTO templates (reference, model_id, template) VALUES (?, ?, ?) ON CONFLICT DO NOTHING',
      [reference, modelId, sealed],
    );
    return changes > 0;
  }

  /** One that is there already stays. */
  addImage(tx: WriteTx, reference: number, image: Uint8Array, createdAt: string): void {
    const { faceId, key } = this.#faceKeyOf(tx, reference);
    tx.run(
      'INSERT INTO reference_images (reference, image, created_at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING',
      [reference, sealImage(key, faceId, image), createdAt],
    );
  }

  hasTemplate(tx: ReadTx, reference: number, modelId: string): boolean {
    const found = 'SELECT 1 FROM templates WHERE reference = ? AND model_id = ? AND template IS NOT NULL';
    return tx.get(found, [reference, modelId]) !== undefined;
  }

  removeTemplate(tx: WriteTx, reference: number, modelId: string): void {
    tx.run('DELETE FROM templates WHERE reference = ? AND model_id = ?', [reference, modelId]);
  }

  /** Those of all models that a reference has, as their models made them, up to rounding. @throws `store-corrupt` */
  templatesOf(tx: ReadTx, reference: number): ModelTemplate[] {
    return this.#placed(tx, 'reference = ? ORDER BY model_id', [reference]).flatMap(
      ({ account, faceId, key, modelId, template }) => {
        const kept = unsealTemplate(key, faceId, modelId, template);
        if (!this.#lengths.isSound(tx, account, modelId, kept)) return [];
        return [{ modelId, template: this.#protection(tx, modelId, kept.length).recover(kept) }];
      },
    );
  }

  /** Those of some references whose row of a model is no template. @throws `store-corrupt` */
  unsoundAmong(
    tx: ReadTx,
    account: string,
    modelId: string,
    referenceIds: readonly number[],
  ): UnsoundTemplate[] {
    const wanted = 'account = ? AND model_id = ? AND reference IN (SELECT value FROM json_each(?))';
    return this.#placed(tx, wanted, [account, modelId, JSON.stringify(referenceIds)]).flatMap((row) =>
      this.#unsound(tx, row),
    );
  }

  /** Looks at every template. @throws `store-corrupt` */
  inspectTemplates(tx: ReadTx): { templates: number; unsound: UnsoundTemplate[] } {
    const unsound: UnsoundTemplate[] = [];
    let templates = 0;
    for (const row of tx.each(PLACED)) {
      unsound.push(...this.#unsound(tx, PlacedTemplateRow.parse(row)));
      templates++;
    }
    return { templates, unsound };
  }

  /**
   * The protected templates of one model, in the order asked for; references without one, and rows that are none, are
   * left out.
   * @throws `store-corrupt`
   */
  templates(
    tx: ReadTx,
    account: string,
    modelId: string,
    referenceIds: readonly number[],
  ): StoredReference[] {
    const rows = tx.all(
      `SELECT reference, face_id AS faceId, face_keys.key AS key, model_id AS modelId, template, source,
         face_references.created_at AS createdAt
       FROM json_each(?) AS wanted
       JOIN templates ON templates.reference = wanted.value AND model_id = ? AND template IS NOT NULL ${OWNED}
       WHERE account = ? ORDER BY wanted.key`,
      [JSON.stringify(referenceIds), modelId, account],
    );
    return rows.flatMap((row) => {
      const { reference, faceId, key, template, source, createdAt } = SealedReferenceRow.parse(row);
      const kept = unsealTemplate(key, faceId, modelId, template);
      if (!this.#lengths.isSound(tx, account, modelId, kept)) return [];
      return [{ referenceId: reference, faceId, template: kept, source, createdAt }];
    });
  }

  /** @throws `store-corrupt` */
  image(tx: ReadTx, account: string, referenceId: number): Uint8Array | null {
    const row = tx.get(
      `SELECT face_id AS faceId, face_keys.key AS key, image FROM reference_images ${OWNED} WHERE reference = ? AND account = ?`,
      [referenceId, account],
    );
    if (row === undefined) return null;
    const { faceId, key, image } = SealedImageRow.parse(row);
    return unsealImage(key, faceId, image);
  }

  /** The image of the best reference of a face that keeps one, or null. @throws `store-corrupt` */
  bestImage(tx: ReadTx, account: string, face: number): Uint8Array | null {
    const row = tx.get(
      `SELECT face_references.id FROM face_references
       JOIN reference_images ON reference_images.reference = face_references.id
       WHERE face = ? ORDER BY quality DESC, face_references.id LIMIT 1`,
      [face],
    );
    return row === undefined ? null : this.image(tx, account, IdRow.parse(row).id);
  }

  /** All that is known of one face's references, templates as their models made them. @throws `store-corrupt` */
  personal(tx: ReadTx, account: string, face: number): PersonalReference[] {
    const rows = tx.all(
      'SELECT id, quality, source, created_at AS createdAt FROM face_references WHERE face = ? ORDER BY id',
      [face],
    );
    return rows.map((row) => {
      const { id, quality, source, createdAt } = PersonalRow.parse(row);
      const templates = this.templatesOf(tx, id);
      return { quality, source, createdAt, templates, image: this.image(tx, account, id) };
    });
  }

  /** Rotate every template by a new secret instead of the present one. @returns how many @throws `store-corrupt` */
  renew(tx: WriteTx, protectionKey: Uint8Array): number {
    const all = tx.all(`SELECT reference, model_id AS modelId FROM templates WHERE template IS NOT NULL`, []);
    const ids = z.array(z.object({ reference: z.int(), modelId: z.string() })).parse(all);
    const next = new Map<string, TemplateProtection>();
    for (const { reference, modelId } of ids) {
      const row = tx.get(
        `SELECT reference, face_id AS faceId, face_keys.key AS key, model_id AS modelId, template FROM templates ${OWNED}
         WHERE reference = ? AND model_id = ?`,
        [reference, modelId],
      );
      const { faceId, key, template } = SealedTemplateRow.parse(row);
      const kept = unsealTemplate(key, faceId, modelId, template);
      const plain = this.#protection(tx, modelId, kept.length).recover(kept);
      const name = `${plain.length} ${modelId}`;
      if (!next.has(name)) next.set(name, createTemplateProtection(protectionKey, modelId, plain.length));
      const sealed = sealTemplate(key, faceId, modelId, next.get(name)!.protect(plain));
      tx.run('UPDATE templates SET template = ? WHERE reference = ? AND model_id = ?', [
        sealed,
        reference,
        modelId,
      ]);
    }
    this.#secrets.set(tx, PROTECTION_SECRET, protectionKey);
    return ids.length;
  }

  /** The references of each face that have an image. */
  pictured(tx: ReadTx, account: string): z.infer<typeof PicturedRow>[] {
    const rows = tx.all(
      `SELECT collection_id AS collectionId, face_id AS faceId, json_group_array(uid) AS uids FROM reference_images
       ${OWNED} WHERE account = ? GROUP BY faces.id`,
      [account],
    );
    return z.array(PicturedRow).parse(rows);
  }

  /** Removes the images taken before a moment. @returns how many */
  dropImages(tx: WriteTx, account: string, before: string): number {
    return tx.run(
      `DELETE FROM reference_images WHERE created_at < ? AND reference IN (
         SELECT face_references.id FROM face_references
         JOIN collections ON collections.id = face_references.collection AND account = ?)`,
      [before, account],
    ).changes;
  }

  /** Removes the images of one face. @returns how many */
  dropImagesOf(tx: WriteTx, face: number): number {
    return tx.run(
      'DELETE FROM reference_images WHERE reference IN (SELECT id FROM face_references WHERE face = ?)',
      [face],
    ).changes;
  }

  /** Images of a time when the clock was wrong, before `earliest` or after `now`, count as taken now. */
  mendTimes(tx: WriteTx, earliest: string, now: string): void {
    tx.run(
      'UPDATE reference_images SET created_at = @now WHERE created_at < @earliest OR created_at > @now',
      {
        earliest,
        now,
      },
    );
  }

  /** Removes images that a model has made a template of. @returns how many */
  dropEmbeddedImages(tx: WriteTx, account: string, modelId: string): number {
    return tx.run(
      // From the pictures, which are few, to the templates, of which there is one for each person.
      `DELETE FROM reference_images WHERE EXISTS (
         SELECT 1 FROM templates
         JOIN face_references ON face_references.id = templates.reference
         JOIN collections ON collections.id = face_references.collection AND account = ?
         WHERE templates.reference = reference_images.reference AND model_id = ? AND template IS NOT NULL)`,
      [account, modelId],
    ).changes;
  }

  /** Removes images of faces about which nothing waits to be told to the server. @returns how many */
  dropAcknowledgedImages(tx: WriteTx, account: string): number {
    return tx.run(
      `DELETE FROM reference_images WHERE EXISTS (
         SELECT 1 FROM face_references
         JOIN faces ON faces.id = face_references.face
         JOIN collections ON collections.id = face_references.collection AND account = ?
         WHERE face_references.id = reference_images.reference
           AND NOT EXISTS (SELECT 1 FROM outbox WHERE outbox.face_id = faces.face_id)
           AND NOT EXISTS (SELECT 1 FROM parked WHERE parked.face_id = faces.face_id))`,
      [account],
    ).changes;
  }

  /** Opens everything that is sealed. @returns how many blobs @throws `store-corrupt` */
  inspect(tx: ReadTx): number {
    const columns = 'reference, face_id AS faceId, face_keys.key AS key';
    let count = 0;
    for (const row of tx.each(
      `SELECT ${columns}, model_id AS modelId, template FROM templates ${OWNED} WHERE template IS NOT NULL`,
    )) {
      const { key, faceId, modelId, template } = SealedTemplateRow.parse(row);
      unsealTemplate(key, faceId, modelId, template);
      count++;
    }
    for (const row of tx.each(`SELECT ${columns}, image FROM reference_images ${OWNED}`)) {
      const { key, faceId, image } = SealedImageRow.parse(row);
      unsealImage(key, faceId, image);
      count++;
    }
    return count;
  }

  #placed(
    tx: ReadTx,
    where: string,
    parameters: readonly (string | number)[],
  ): z.infer<typeof PlacedTemplateRow>[] {
    return z.array(PlacedTemplateRow).parse(tx.all(`${PLACED} AND ${where}`, parameters));
  }

  /** That row, where it is no template. */
  #unsound(
    tx: ReadTx,
    { account, collectionId, faceId, key, modelId, reference, template }: z.infer<typeof PlacedTemplateRow>,
  ): UnsoundTemplate[] {
    const kept = unsealTemplate(key, faceId, modelId, template);
    if (this.#lengths.isSound(tx, account, modelId, kept)) return [];
    return [{ account, collectionId, faceId, referenceId: reference, modelId }];
  }

  #faceKeyOf(tx: ReadTx, reference: number): z.infer<typeof FaceKeyRow> {
    return FaceKeyRow.parse(
      tx.get(
        `SELECT account, face_id AS faceId, face_keys.key AS key FROM face_references
         JOIN faces ON faces.id = face_references.face JOIN face_keys ON face_keys.face = faces.id
         JOIN collections ON collections.id = face_references.collection
         WHERE face_references.id = ?`,
        [reference],
      ),
    );
  }

  /** By the secret in force: another process may have renewed it. */
  #protection(tx: ReadTx, modelId: string, dimension: number): TemplateProtection {
    const key = this.#secrets.get(tx, PROTECTION_SECRET)!;
    if (!key.equals(this.#protectionKey)) {
      this.#protectionKey = key;
      this.#protections = new Recent(ROTATIONS);
    }
    const name = `${dimension} ${modelId}`;
    return this.#protections.get(name, () => createTemplateProtection(key, modelId, dimension));
  }
}

import { z } from 'zod';
import { LintelError } from '#contract';
import type { TemplateLengths } from './template-lengths.ts';
import type { ModelCoverage } from '../records.ts';
import type { ReadTx, WriteTx } from '../sql/transactions.ts';

/** The references of account @account. */
const MINE = `face_references JOIN collections ON collections.id = face_references.collection
  AND account = @account`;

/** Whether a reference has a template of model @modelId. */
const HAS_TEMPLATE = `EXISTS (SELECT 1 FROM templates
  WHERE templates.reference = face_references.id AND model_id = @modelId AND template IS NOT NULL)`;

const HAS_IMAGE = `EXISTS (SELECT 1 FROM reference_images
  WHERE reference_images.reference = face_references.id)`;

/** Whether a reference has an image that model @modelId has not seen. */
const IS_PENDING = `(${HAS_IMAGE}
  AND NOT EXISTS (SELECT 1 FROM templates
    WHERE templates.reference = face_references.id AND model_id = @modelId))`;

/**
 * Whether a row of `faces` has no template of the model that serves its account. An account without a serving model
 * has no references.
 */
export const RE_ENROL = `CAST(NOT EXISTS (SELECT 1 FROM face_references
  JOIN templates ON templates.reference = face_references.id AND template IS NOT NULL
  JOIN collections ON collections.id = face_references.collection
  JOIN serving_models USING (account, model_id)
  WHERE face_references.face = faces.id) AS INTEGER)`;

const ModelRow = z.object({ modelId: z.string() });
const Ids = z.array(z.object({ id: z.int() }));
const CoverageRow = z.object({
  references: z.int(),
  embedded: z.int(),
  images: z.int(),
  pending: z.int(),
  faces: z.int(),
  reEnrol: z.int(),
});

/** Which model serves an account, and how the next one takes its place. */
export class ServingModels {
  readonly #lengths: TemplateLengths;

  constructor(lengths: TemplateLengths) {
    this.#lengths = lengths;
  }

  async get(tx: ReadTx, account: string): Promise<string | null> {
    const row = await tx.get('SELECT model_id AS "modelId" FROM serving_models WHERE account = ?', [account]);
    return row === undefined ? null : ModelRow.parse(row).modelId;
  }

  /** A model serves an account for which none does yet. */
  async begin(tx: WriteTx, account: string, modelId: string): Promise<void> {
    await tx.run('INSERT INTO serving_models (account, model_id) VALUES (?, ?) ON CONFLICT DO NOTHING', [
      account,
      modelId,
    ]);
  }

  /** A new reference is one of the serving model; an account's first decides which that is. @throws `model-switched` */
  async require(tx: WriteTx, account: string, modelId: string): Promise<void> {
    await this.begin(tx, account, modelId);
    if ((await this.get(tx, account)) !== modelId) throw new LintelError('model-switched');
  }

  async pending(tx: ReadTx, account: string, modelId: string, limit: number): Promise<number[]> {
    const rows = await tx.all(
      `SELECT face_references.id AS id FROM ${MINE} WHERE ${IS_PENDING} ORDER BY face_references.id LIMIT @limit`,
      { account, modelId, limit },
    );
    return Ids.parse(rows).map(({ id }) => id);
  }

  async coverage(tx: ReadTx, account: string, modelId: string): Promise<ModelCoverage> {
    const row = await tx.get(
      `WITH mine AS (
         SELECT face, CAST(${HAS_TEMPLATE} AS INTEGER) AS embedded, CAST(${HAS_IMAGE} AS INTEGER) AS image,
           CAST(${IS_PENDING} AS INTEGER) AS pending FROM ${MINE}
       ), people AS (
         SELECT faces.id, max(CASE WHEN mine.embedded = 1 OR mine.pending = 1 THEN 1 ELSE 0 END) AS known
         FROM faces
         JOIN collections ON collections.id = faces.collection AND account = @account
         LEFT JOIN mine ON mine.face = faces.id
         GROUP BY faces.id
       )
       SELECT (SELECT count(*) FROM mine) AS "references",
         (SELECT coalesce(sum(embedded), 0) FROM mine) AS embedded,
         (SELECT coalesce(sum(image), 0) FROM mine) AS images,
         (SELECT coalesce(sum(pending), 0) FROM mine) AS pending,
         (SELECT count(*) FROM people) AS faces,
         (SELECT count(*) FROM people WHERE known = 0) AS "reEnrol"`,
      { account, modelId },
    );
    return CoverageRow.parse(row);
  }

  /** Let a model serve, and forget what no longer does. @returns false while references are pending */
  async switch(tx: WriteTx, account: string, modelId: string): Promise<boolean> {
    if ((await this.pending(tx, account, modelId, 1)).length > 0) return false;
    await tx.run(
      'INSERT INTO serving_models (account, model_id) VALUES (?, ?) ON CONFLICT (account) DO UPDATE SET model_id = excluded.model_id',
      [account, modelId],
    );
    await tx.run(
      `DELETE FROM templates
       WHERE model_id <> @modelId AND reference IN (SELECT face_references.id FROM ${MINE})`,
      { account, modelId },
    );
    await this.#lengths.forgetAllBut(tx, account, modelId);
    // What has neither a template nor an image to make one from would only take the place of a new reference.
    await tx.run(
      `DELETE FROM face_references
       WHERE id IN (SELECT face_references.id FROM ${MINE})
         AND NOT EXISTS (SELECT 1 FROM templates WHERE templates.reference = face_references.id)
         AND NOT ${HAS_IMAGE}`,
      { account },
    );
    // An index of this model may lack templates that older references got meanwhile: it is to compare them all.
    await tx.run(
      'UPDATE collections SET revision = revision + 1, removals = removals + 1 WHERE account = ?',
      [account],
    );
    return true;
  }
}

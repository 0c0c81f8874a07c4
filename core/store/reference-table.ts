import { z } from 'zod';
import { LintelError, MAX_AUTOMATIC_REFERENCES, MAX_REFERENCES_PER_FACE } from '#contract';
import type { Biometrics } from './biometrics.ts';
import { FaceRow } from './rows.ts';
import type { ServingModels } from './serving-model.ts';
import type { Statements } from './statements.ts';
import type { NewReference, ReferencePage } from './types.ts';

const Ids = z.array(z.object({ id: z.int() }).transform(({ id }) => id));
const Counts = FaceRow.pick({ referenceCount: true, automaticReferenceCount: true });

/** The rows of references, and how many a face may have. Call within a transaction. */
export class ReferenceTable {
  readonly #sql: Statements;
  readonly #biometrics: Biometrics;
  readonly #models: ServingModels;

  constructor(sql: Statements, biometrics: Biometrics, models: ServingModels) {
    this.#sql = sql;
    this.#biometrics = biometrics;
    this.#models = models;
  }

  /** Of the references in a collection with a template of a model, ascending. */
  ids(
    collection: number,
    modelId: string,
    { after = 0, upTo = Number.MAX_SAFE_INTEGER, limit = -1 }: ReferencePage,
  ): number[] {
    return Ids.parse(
      this.#sql.all(
        `SELECT id FROM face_references
         JOIN templates ON templates.reference = id AND template IS NOT NULL
         WHERE collection = ? AND model_id = ? AND id > ? AND id <= ? ORDER BY id LIMIT ?`,
        [collection, modelId, after, upTo, limit],
      ),
    );
  }

  /** All of one face, ascending. */
  idsOf(face: number): number[] {
    return Ids.parse(this.#sql.all('SELECT id FROM face_references WHERE face = ? ORDER BY id', [face]));
  }

  /** @throws `too-many-references`, `model-switched` */
  add(account: string, collection: number, face: number, references: readonly NewReference[]): void {
    for (const { modelId, template, quality, source, image, additional = [] } of references) {
      this.#models.require(account, modelId);
      const now = new Date().toISOString();
      const { id } = this.#sql.run(
        'INSERT INTO face_references (collection, face, quality, source, created_at) VALUES (?, ?, ?, ?, ?)',
        [collection, face, quality, source, now],
      );
      for (const made of [{ modelId, template }, ...additional]) {
        this.#biometrics.addTemplate(id, made.modelId, made.template);
      }
      if (image !== undefined) this.#biometrics.addImage(id, image, now);
    }
    this.#makeRoom(face);
  }

  /** @returns how many there were */
  removeAutomatic(face: number): number {
    const { changes } = this.#sql.run("DELETE FROM face_references WHERE face = ? AND source = 'automatic'", [
      face,
    ]);
    return changes;
  }

  #makeRoom(face: number): void {
    const { referenceCount, automaticReferenceCount } = this.#counts(face);
    const surplus = Math.max(
      referenceCount - MAX_REFERENCES_PER_FACE,
      automaticReferenceCount - MAX_AUTOMATIC_REFERENCES,
    );
    if (surplus <= 0) return;
    if (surplus > automaticReferenceCount) throw new LintelError('too-many-references');
    this.#sql.run(
      `DELETE FROM face_references WHERE id IN (SELECT id FROM face_references
       WHERE face = ? AND source = 'automatic' ORDER BY id LIMIT ?)`,
      [face, surplus],
    );
  }

  #counts(face: number): z.infer<typeof Counts> {
    return Counts.parse(
      this.#sql.get(
        `SELECT count(*) AS referenceCount, count(*) FILTER (WHERE source = 'automatic')
         AS automaticReferenceCount FROM face_references WHERE face = ?`,
        [face],
      ),
    );
  }
}

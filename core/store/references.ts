import { z } from 'zod';
import { LintelError, MAX_REFERENCES_PER_FACE } from '#contract';
import type { Biometrics } from './biometrics.ts';
import type { ServingModels } from './serving-model.ts';
import type { Statements } from './statements.ts';
import type { NewReference } from './types.ts';

const Id = z.object({ id: z.int() });
const Total = z.object({ total: z.int() });

/** The rows of references; `collection` and `face` are the ids of rows. Call within a transaction. */
export class References {
  readonly #sql: Statements;
  readonly #biometrics: Biometrics;
  readonly #models: ServingModels;

  constructor(sql: Statements, biometrics: Biometrics, models: ServingModels) {
    this.#sql = sql;
    this.#biometrics = biometrics;
    this.#models = models;
  }

  /** @throws `too-many-references`, `model-switched` */
  add(
    account: string,
    collection: number,
    face: number,
    references: readonly NewReference[],
    now: string,
  ): void {
    for (const { modelId, template, quality, source, image, additional = [] } of references) {
      this.#models.require(account, modelId);
      const { id } = this.#sql.run(
        'INSERT INTO face_references (collection, face, quality, source, created_at) VALUES (?, ?, ?, ?, ?)',
        [collection, face, quality, source, now],
      );
      for (const made of [{ modelId, template }, ...additional]) {
        this.#biometrics.addTemplate(id, made.modelId, made.template);
      }
      if (image !== undefined) this.#biometrics.addImage(id, image, now);
    }
    const count = this.#sql.get('SELECT count(*) AS total FROM face_references WHERE face = ?', [face]);
    if (Total.parse(count).total > MAX_REFERENCES_PER_FACE) throw new LintelError('too-many-references');
  }

  /** Ids of the references with a template of a model, ascending. */
  ids(collection: number, modelId: string): number[] {
    const rows = this.#sql.all(
      `SELECT id FROM face_references
       JOIN templates ON templates.reference = id AND template IS NOT NULL
       WHERE collection = ? AND model_id = ? ORDER BY id`,
      [collection, modelId],
    );
    return z
      .array(Id)
      .parse(rows)
      .map(({ id }) => id);
  }
}

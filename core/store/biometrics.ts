import { z } from 'zod';
import { ImageRow, ReferenceRow, toBlob } from './rows.ts';
import type { Statements } from './statements.ts';
import type { StoredReference } from './types.ts';

/** How templates and images lie in the database: nothing else reads or writes their blobs. */
export class Biometrics {
  readonly #sql: Statements;

  constructor(sql: Statements) {
    this.#sql = sql;
  }

  /**
   * Keeps a template beside those of other models; one that is there already stays.
   * @param template null: the model finds no face in the reference's image
   * @returns whether it is new
   */
  addTemplate(reference: number, modelId: string, template: Float32Array | null): boolean {
    const { changes } = this.#sql.run(
      'INSERT INTO templates (reference, model_id, template) VALUES (?, ?, ?) ON CONFLICT DO NOTHING',
      [reference, modelId, template === null ? null : toBlob(template)],
    );
    return changes > 0;
  }

  addImage(reference: number, image: Uint8Array, createdAt: string): void {
    this.#sql.run('INSERT INTO reference_images (reference, image, created_at) VALUES (?, ?, ?)', [
      reference,
      Buffer.from(image),
      createdAt,
    ]);
  }

  /** The templates of one model; references without one are left out. */
  templates(account: string, modelId: string, referenceIds: readonly number[]): StoredReference[] {
    const rows = this.#sql.all(
      `SELECT face_references.id AS referenceId, face_id AS faceId, template
       FROM json_each(?) AS wanted
       JOIN face_references ON face_references.id = wanted.value
       JOIN templates ON templates.reference = face_references.id AND model_id = ? AND template IS NOT NULL
       JOIN faces ON faces.id = face_references.face
       JOIN collections ON collections.id = face_references.collection
       WHERE account = ?`,
      [JSON.stringify(referenceIds), modelId, account],
    );
    return z.array(ReferenceRow).parse(rows);
  }

  image(account: string, referenceId: number): Uint8Array | null {
    const row = this.#sql.get(
      `SELECT image FROM reference_images
       JOIN face_references ON face_references.id = reference_images.reference
       JOIN collections ON collections.id = face_references.collection
       WHERE reference = ? AND account = ?`,
      [referenceId, account],
    );
    return row === undefined ? null : ImageRow.parse(row).image;
  }
}

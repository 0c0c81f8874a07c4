import { z } from 'zod';
import { LintelError, TEMPLATE_LENGTHS } from '#contract';
import { isTemplate } from '#core/matching';
import type { ReadTx, WriteTx } from '../file/transactions.ts';

/** Models besides the shipped ones of which an account may hold templates: more than anybody changes between. */
const MODELS = 8;

const LengthRow = z.object({ length: z.int() });
const CountRow = z.object({ count: z.int() });

/**
 * How many numbers a template of each model has: known for the shipped models; for others the process that loaded the
 * model records it, else the first template does.
 */
export class TemplateLengths {
  /** Null for a model that nobody has heard of. */
  of(tx: ReadTx, account: string, modelId: string): number | null {
    const known = TEMPLATE_LENGTHS[modelId];
    if (known !== undefined) return known;
    const row = tx.get('SELECT length FROM template_lengths WHERE account = ? AND model_id = ?', [
      account,
      modelId,
    ]);
    return row === undefined ? null : LengthRow.parse(row).length;
  }

  /** The model itself is here. */
  hold(tx: WriteTx, account: string, modelId: string, length: number): void {
    tx.run(
      `INSERT INTO template_lengths (account, model_id, length) VALUES (?, ?, ?)
       ON CONFLICT DO UPDATE SET length = excluded.length`,
      [account, modelId, length],
    );
  }

  /** A template comes; the first of its model decides how long the others are. @throws `template-invalid` */
  require(tx: WriteTx, account: string, modelId: string, length: number): void {
    const held = this.of(tx, account, modelId) ?? this.#first(tx, account, modelId, length);
    if (held !== length) throw new LintelError('template-invalid', `(${length} numbers instead of ${held})`);
  }

  /** Whether something may be compared with other templates of a model. */
  isSound(tx: ReadTx, account: string, modelId: string, template: Float32Array): boolean {
    return isTemplate(template, this.of(tx, account, modelId) ?? template.length);
  }

  /** Only one model serves from now on. */
  forgetAllBut(tx: WriteTx, account: string, modelId: string): void {
    tx.run('DELETE FROM template_lengths WHERE account = ? AND model_id <> ?', [account, modelId]);
  }

  #first(tx: WriteTx, account: string, modelId: string, length: number): number {
    const counted = 'SELECT count(*) AS count FROM template_lengths WHERE account = ?';
    if (CountRow.parse(tx.get(counted, [account])).count >= MODELS) {
      throw new LintelError('template-invalid', '(of one model too many)');
    }
    this.hold(tx, account, modelId, length);
    return length;
  }
}

import { z } from 'zod';
import { LintelError, TEMPLATE_LENGTHS } from '#contract';
import { isTemplate } from '#core/matching';
import type { ReadTx, WriteTx } from '../sql/transactions.ts';

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
  async of(tx: ReadTx, account: string, modelId: string): Promise<number | null> {
    const known = TEMPLATE_LENGTHS[modelId];
    if (known !== undefined) return known;
    const row = await tx.get('SELECT length FROM template_lengths WHERE account = ? AND model_id = ?', [
      account,
      modelId,
    ]);
    return row === undefined ? null : LengthRow.parse(row).length;
  }

  /** The model itself is here. */
  async hold(tx: WriteTx, account: string, modelId: string, length: number): Promise<void> {
    await tx.run(
      `INSERT INTO template_lengths (account, model_id, length) VALUES (?, ?, ?)
       ON CONFLICT (account, model_id) DO UPDATE SET length = excluded.length`,
      [account, modelId, length],
    );
  }

  /** A template comes; the first of its model decides how long the others are. @throws `template-invalid` */
  async require(tx: WriteTx, account: string, modelId: string, length: number): Promise<void> {
    const held = (await this.of(tx, account, modelId)) ?? (await this.#first(tx, account, modelId, length));
    if (held !== length) throw new LintelError('template-invalid', `(${length} numbers instead of ${held})`);
  }

  /** Whether something may be compared with other templates of a model. */
  async isSound(tx: ReadTx, account: string, modelId: string, template: Float32Array): Promise<boolean> {
    return isTemplate(template, (await this.of(tx, account, modelId)) ?? template.length);
  }

  /** Only one model serves from now on. */
  async forgetAllBut(tx: WriteTx, account: string, modelId: string): Promise<void> {
    await tx.run('DELETE FROM template_lengths WHERE account = ? AND model_id <> ?', [account, modelId]);
  }

  async #first(tx: WriteTx, account: string, modelId: string, length: number): Promise<number> {
    const counted = 'SELECT count(*) AS count FROM template_lengths WHERE account = ?';
    if (CountRow.parse(await tx.get(counted, [account])).count >= MODELS) {
      throw new LintelError('template-invalid', '(of one model too many)');
    }
    await this.hold(tx, account, modelId, length);
    return length;
  }
}

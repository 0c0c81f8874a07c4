import { z } from 'zod';
import { LintelError, TEMPLATE_LENGTHS } from '#contract';
import { isTemplate } from '#core/matching';
import type { Statements } from '../file/statements.ts';

/** Models besides the shipped ones of which an account may hold templates: more than anybody changes between. */
const MODELS = 8;

const LengthRow = z.object({ length: z.int() });
const CountRow = z.object({ count: z.int() });

/**
 * How many numbers a template of each model has: of the shipped models that is known, of others what whoever has the
 * model says, else what came first. Call within a transaction.
 */
export class TemplateLengths {
  readonly #sql: Statements;

  constructor(sql: Statements) {
    this.#sql = sql;
  }

  /** Null for a model that nobody has heard of. */
  of(account: string, modelId: string): number | null {
    const known = TEMPLATE_LENGTHS[modelId];
    if (known !== undefined) return known;
    const row = this.#sql.get('SELECT length FROM template_lengths WHERE account = ? AND model_id = ?', [
      account,
      modelId,
    ]);
    return row === undefined ? null : LengthRow.parse(row).length;
  }

  /** The model itself is here. */
  hold(account: string, modelId: string, length: number): void {
    this.#sql.run(
      `INSERT INTO template_lengths (account, model_id, length) VALUES (?, ?, ?)
       ON CONFLICT DO UPDATE SET length = excluded.length`,
      [account, modelId, length],
    );
  }

  /** A template comes; the first of its model decides how long the others are. @throws `template-invalid` */
  require(account: string, modelId: string, length: number): void {
    const held = this.of(account, modelId) ?? this.#first(account, modelId, length);
    if (held !== length) throw new LintelError('template-invalid', `(${length} numbers instead of ${held})`);
  }

  /** Whether something may be compared with other templates of a model. */
  isSound(account: string, modelId: string, template: Float32Array): boolean {
    return isTemplate(template, this.of(account, modelId) ?? template.length);
  }

  /** Only one model serves from now on. */
  forgetAllBut(account: string, modelId: string): void {
    this.#sql.run('DELETE FROM template_lengths WHERE account = ? AND model_id <> ?', [account, modelId]);
  }

  #first(account: string, modelId: string, length: number): number {
    const counted = 'SELECT count(*) AS count FROM template_lengths WHERE account = ?';
    if (CountRow.parse(this.#sql.get(counted, [account])).count >= MODELS) {
      throw new LintelError('template-invalid', '(of one model too many)');
    }
    this.hold(account, modelId, length);
    return length;
  }
}

import { z } from 'zod';
import type { ErrorCode, PlanLimits } from '#contract';
import { endOfMinute, requireCallsLeft, runningMinute, type CountedMinute } from '../plan-limits.ts';
import type { Usage } from '../server-records.ts';
import type { EndedCall, UsageStore } from '../stores.ts';
import type { Engine } from '../engine.ts';
import type { ReadTx, Transactions } from '../sql/transactions.ts';
import { requireAccount } from './known.ts';

/** Of the newest calls, so many are kept of each account and meter. */
const LOG_LENGTH = 100;

const MinuteRow = z.object({ began: z.int(), calls: z.int() });
const CallsRow = z.object({ calls: z.int() });
const TotalsRow = z.object({ calls: z.int(), failures: z.int() });
const DayRow = z.object({ day: z.string(), calls: z.int() });
const Outcome = z.literal('success').or(z.string().transform((code) => code as ErrorCode));
const LogRow = z.object({ call: z.string(), outcome: Outcome, at: z.string() });

/**
 * Counts calls, and refuses those beyond an account's limits. Each count is one transaction, so that limits are exact
 * however many calls come at once, and a count outlives this process once it was made.
 */
export class UsageTable implements UsageStore {
  readonly #sql: Transactions;
  readonly #engine: Pick<Engine, 'now' | 'underWay'>;

  /** @param engine its calls under way were charged, and are not counted where their server is killed */
  constructor(engine: Pick<Engine, 'sql' | 'now' | 'underWay'>) {
    this.#sql = engine.sql;
    this.#engine = engine;
  }

  charge(account: string, meter: string, limits: PlanLimits, here: Date): Promise<string> {
    return this.#sql.writeUnsynced(async (tx) => {
      await requireAccount(tx, account);
      const { underWay } = this.#engine;
      const now = await this.#engine.now(tx, here);
      const day = now.toISOString().slice(0, 10);
      const running = await this.#minute(tx, account, meter, now);
      const name = `${account} ${meter}`;
      const month = `${day.slice(0, 7)}-%`;
      const callsOfMonth =
        limits.month === null
          ? 0
          : (await this.#calls(tx, account, meter, month)) + (await underWay.calls(tx, name));
      requireCallsLeft(limits, running, () => callsOfMonth, now);
      await tx.run(
        `INSERT INTO usage_minutes (account, meter, began, calls) VALUES (?, ?, ?, ?)
         ON CONFLICT (account, meter) DO UPDATE SET began = excluded.began, calls = excluded.calls`,
        [account, meter, running.began, running.calls + 1],
      );
      await underWay.addCalls(tx, name, 1);
      return day;
    });
  }

  minute(account: string, meter: string, here: Date): Promise<{ calls: number; endsAt: Date }> {
    return this.#sql.read(async (tx) => {
      const now = await this.#engine.now(tx, here);
      const running = await this.#minute(tx, account, meter, now);
      return { calls: running.calls, endsAt: endOfMinute(running) };
    });
  }

  settle(
    account: string,
    meter: string,
    { day, call, outcome, isSuccess }: EndedCall,
    now: Date,
  ): Promise<void> {
    return this.#sql.writeUnsynced(async (tx) => {
      await requireAccount(tx, account);
      await this.#engine.underWay.addCalls(tx, `${account} ${meter}`, -1);
      await tx.run(
        `INSERT INTO usage_days (account, meter, day, calls, failures) VALUES (?, ?, ?, ?, ?)
         ON CONFLICT (account, meter, day) DO UPDATE
         SET calls = usage_days.calls + excluded.calls, failures = usage_days.failures + excluded.failures`,
        [account, meter, day, Number(isSuccess), Number(!isSuccess)],
      );
      const id = await tx.insert(
        'INSERT INTO usage_log (account, meter, call, outcome, at) VALUES (?, ?, ?, ?, ?)',
        [account, meter, call, outcome, now.toISOString()],
      );
      await tx.run(
        `DELETE FROM usage_log WHERE account = ? AND meter = ? AND id <= (
           SELECT id FROM usage_log WHERE account = ? AND meter = ? AND id <= ? ORDER BY id DESC LIMIT 1 OFFSET ?
         )`,
        [account, meter, account, meter, id, LOG_LENGTH],
      );
    });
  }

  of(account: string, meter: string, now: Date): Promise<Usage> {
    return this.#sql.read(async (tx) => {
      const month = `${now.toISOString().slice(0, 7)}-%`;
      const totals = TotalsRow.parse(
        await tx.get(
          `SELECT coalesce(sum(calls), 0) AS calls, coalesce(sum(failures), 0) AS failures
           FROM usage_days WHERE account = ? AND meter = ?`,
          [account, meter],
        ),
      );
      const days = await tx.all(
        `SELECT day, calls FROM usage_days WHERE account = ? AND meter = ? AND day LIKE ? AND calls > 0 ORDER BY day`,
        [account, meter, month],
      );
      const log = await tx.all(
        'SELECT call, outcome, at FROM usage_log WHERE account = ? AND meter = ? ORDER BY id DESC LIMIT ?',
        [account, meter, LOG_LENGTH],
      );
      return {
        monthlyCalls: await this.#calls(tx, account, meter, month),
        totalCalls: totals.calls,
        failures: totals.failures,
        days: z.array(DayRow).parse(days),
        log: z.array(LogRow).parse(log),
      };
    });
  }

  async #minute(tx: ReadTx, account: string, meter: string, now: Date): Promise<CountedMinute> {
    const row = await tx.get('SELECT began, calls FROM usage_minutes WHERE account = ? AND meter = ?', [
      account,
      meter,
    ]);
    return runningMinute(row === undefined ? null : MinuteRow.parse(row), now);
  }

  async #calls(tx: ReadTx, account: string, meter: string, days: string): Promise<number> {
    const row = await tx.get(
      'SELECT coalesce(sum(calls), 0) AS calls FROM usage_days WHERE account = ? AND meter = ? AND day LIKE ?',
      [account, meter, days],
    );
    return CallsRow.parse(row).calls;
  }
}

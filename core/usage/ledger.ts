import { METERS, toErrorBody, type ErrorCode, type Meter, type PlanLimits } from '#contract';
import type { Store, Usage } from '#core/store';

/** A call that was counted as it began, or refused. */
export interface Charge {
  readonly refusal: 'rate-limited' | 'month-used-up' | null;
  /** Calls that are left in the minute; null: as many as one likes. */
  readonly left: number | null;
  /** When the minute ends, or the month where that is what refuses. */
  readonly resetsAt: Date;
  /** Note that it was answered, whatever with. Does nothing the second time. */
  settle(): Promise<void>;
}

const UNLIMITED: PlanLimits = { minute: null, month: null };

/** What accounts may call and have called, over restarts. */
export class Ledger {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  /** What the plan of an account allows by a meter. */
  async limits(account: string, meter: Meter): Promise<PlanLimits> {
    const { plan } = await this.#store.accounts.get(account);
    return plan === null ? UNLIMITED : METERS[meter][plan];
  }

  /**
   * Do the work of a call and count it once: against the limits as it begins, in the totals when it succeeds.
   * @param call name of the call in the totals
   * @throws `rate-limited`, `month-used-up`, and what `work` throws
   */
  async metered<T>(account: string, meter: Meter, call: string, work: () => Promise<T>): Promise<T> {
    const { usage } = this.#store;
    const day = await usage.charge(account, meter, await this.limits(account, meter), new Date());
    const settle = (outcome: string, isSuccess: boolean): Promise<void> =>
      usage.settle(account, meter, { day, call, outcome, isSuccess }, new Date());
    try {
      const result = await work();
      await settle('success', true);
      return result;
    } catch (error) {
      await settle(toErrorBody(error).code, false);
      throw error;
    }
  }

  /**
   * Count a call against limits as it begins, for an API that counts all of them.
   * @param meter which counter of the account
   */
  async charge(account: string, meter: string, limits: PlanLimits): Promise<Charge> {
    const { usage } = this.#store;
    const now = new Date();
    let refusal: Charge['refusal'] = null;
    let day: string | null = null;
    try {
      day = await usage.charge(account, meter, limits, now);
    } catch (error) {
      const { code } = toErrorBody(error);
      if (!isRefusal(code)) throw error;
      refusal = code;
    }
    const { calls, endsAt } = await usage.minute(account, meter, now);
    const isMonth = refusal === 'month-used-up';
    return {
      refusal,
      left: isMonth ? 0 : limits.minute === null ? null : Math.max(0, limits.minute - calls),
      resetsAt: isMonth ? new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + 1)) : endsAt,
      settle: async () => {
        if (day === null) return;
        const ended = { day, call: 'request', outcome: 'success', isSuccess: true };
        day = null;
        await usage.settle(account, meter, ended, new Date());
      },
    };
  }

  async usage(account: string, meter: Meter): Promise<Usage> {
    return await this.#store.usage.of(account, meter, new Date());
  }
}

const isRefusal = (code: ErrorCode): code is 'rate-limited' | 'month-used-up' =>
  code === 'rate-limited' || code === 'month-used-up';

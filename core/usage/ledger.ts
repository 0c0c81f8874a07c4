import { METERS, toErrorBody, type Meter, type PlanLimits } from '#contract';
import type { Store, Usage } from '#core/store';

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
   * @param call a word for it
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

  async usage(account: string, meter: Meter): Promise<Usage> {
    return await this.#store.usage.of(account, meter, new Date());
  }
}

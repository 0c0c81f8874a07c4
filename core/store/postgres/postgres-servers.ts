import { LintelError } from '#contract';
import type { Pool } from 'pg';
import type { Servers } from '../servers.ts';
import type { Membership } from './membership.ts';
import { SharedRates } from './shared-rates.ts';

/** The servers on a schema, as one of them sees them. */
export class PostgresServers implements Servers {
  readonly rates: SharedRates;
  readonly #membership: Membership;

  constructor(pool: Pool, membership: Membership) {
    this.rates = new SharedRates(pool);
    this.#membership = membership;
  }

  get isLeader(): boolean {
    return this.#membership.isLeader;
  }

  whenLeading(work: () => void): void {
    this.#membership.whenLeading(work);
  }

  async requireOne(): Promise<void> {
    if ((await this.#membership.count()) > 1) throw new LintelError('several-servers');
  }
}

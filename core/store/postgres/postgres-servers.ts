import type { KeyObject } from 'node:crypto';
import { LintelError } from '#contract';
import type { Pool } from 'pg';
import type { Nodes, Servers } from '../servers.ts';
import type { Membership } from './membership.ts';
import { HoldingRows } from './holding-rows.ts';
import { SharedRates } from './shared-rates.ts';

/** The servers on a schema, as one of them sees them. */
export class PostgresServers implements Servers {
  readonly rates: SharedRates;
  readonly nodes: Nodes | null;
  readonly #membership: Membership;

  /** @param key by which they know each other */
  constructor(pool: Pool, membership: Membership, key: KeyObject) {
    this.rates = new SharedRates(pool);
    this.#membership = membership;
    const { server, address } = membership;
    this.nodes =
      address === null
        ? null
        : {
            own: { server, address },
            key,
            holdings: new HoldingRows(pool, membership),
            get live() {
              return membership.nodes;
            },
          };
  }

  get isLeader(): boolean {
    return this.#membership.isLeader;
  }

  whenLeading(work: () => void): void {
    this.#membership.whenLeading(work);
  }

  whenChanged(listener: (account: string, collectionId: string) => void): void {
    this.#membership.whenChanged(listener);
  }

  async requireOne(): Promise<void> {
    if ((await this.#membership.others()).running > 0) throw new LintelError('several-servers');
  }

  async requireReachable(): Promise<void> {
    const { running, unreachable } = await this.#membership.others();
    if ((this.nodes === null ? running : unreachable) > 0) throw new LintelError('several-servers');
  }
}

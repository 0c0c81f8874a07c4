import type { KeptHeads } from './keys/kept-heads.ts';
import type { Transactions } from './sql/transactions.ts';

/** The database under a store. */
export interface Engine {
  readonly sql: Transactions;
  /** Where the last head of the audit log is kept besides; null: nowhere. */
  readonly heads: KeptHeads | null;
  /**
   * Whether what was deleted is gone from all that the database keeps once it was cleaned. Else nobody gets a receipt of an
   * erasure.
   */
  readonly forgets: boolean;
  /** @throws LintelError `store-full` when there is no more than the reserve */
  requireRoom(): void;
  /** Empty the log of changes. @throws LintelError `store-busy` */
  emptyLog(): Promise<void>;
  /** Whether any of some byte strings is left anywhere. @throws LintelError `store-corrupt` */
  contains(traces: readonly Buffer[]): Promise<boolean>;
  /** Write all anew, without what was deleted, and empty the log. @throws LintelError `store-busy`, `store-full` */
  rewrite(): Promise<void>;
  /** SHA-256 of all that is stored, but for the audit log: equal for equal contents. */
  stateHash(): Promise<string>;
  close(): Promise<void>;
}

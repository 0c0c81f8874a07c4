import type { KeptHeads } from './keys/kept-heads.ts';
import type { Servers } from './servers.ts';
import type { ReadTx, Transactions, WriteTx } from './sql/transactions.ts';
import type { UnderWay } from './under-way.ts';

/** What was done about epochs. */
export interface EpochUpkeep {
  /** Whether a new one began. */
  readonly begun: boolean;
  /** Rows that were sealed anew. */
  readonly resealed: number;
  /** Numbers of those whose key was destroyed. */
  readonly destroyed: readonly number[];
  /** How many are in force, the newest among them. */
  readonly inForce: number;
}

/**
 * How a database forgets that keeps copies of what was deleted, in dead rows, its log and backups: what opens the copies lies
 * under the key of an epoch outside of it. What lives is sealed anew under the newest epoch, and the keys of others are destroyed.
 */
export interface Forgetting {
  /**
   * When the last key was destroyed that could open what is left of faces; null: not yet.
   * @throws LintelError `erasure-without-receipt` for a face that was here before there were epochs
   */
  keysDestroyedAt(tx: ReadTx, account: string, faceIds: readonly string[]): Promise<string | null>;
  /** Something was deleted just now that may name a face which was deleted before. */
  deletedMore(tx: WriteTx, account: string, faceIds: readonly string[]): Promise<void>;
  /**
   * Begin an epoch where the newest is older than asked, seal everything under the newest, and destroy the keys of those that
   * were followed by another so long ago, which a backup of that age then no longer opens with. Goes on where it was interrupted.
   * @param everyMs null: at once @throws LintelError `store-epoch-missing`
   */
  keepUp(now: Date, everyMs: number | null): Promise<EpochUpkeep>;
}

/** The database under a store. */
export interface Engine {
  readonly sql: Transactions;
  readonly servers: Servers;
  readonly underWay: UnderWay;
  /** Where the last head of the audit log is kept besides; null: nowhere. */
  readonly heads: KeptHeads | null;
  /** Null: what was deleted is gone from all that the database keeps once it was cleaned. */
  readonly forgetting: Forgetting | null;
  /** The moment by the one clock of all servers on the database. @param here by this machine's */
  now(tx: ReadTx, here: Date): Promise<Date>;
  /** Seconds by a clock that all who use the database share, and that nobody sets where only this machine does. */
  uptime(): Promise<number>;
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

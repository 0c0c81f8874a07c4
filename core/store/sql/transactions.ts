type Value = string | number | Buffer | null;
export type Parameters = readonly Value[] | Readonly<Record<string, Value>>;

/** Known to nobody else, so that nothing but {@link Transactions} makes a transaction. */
export declare const within: unique symbol;

/** SQL with positional (`?`) or named (`@name`) parameters on one unchanging view of the database. */
export interface ReadTx {
  readonly [within]: 'read' | 'write';
  /** The first row, by column name. */
  get(sql: string, parameters: Parameters): Promise<unknown>;
  /** All rows, by column name. */
  all(sql: string, parameters: Parameters): Promise<unknown[]>;
  /** Row after row, by column name; nothing may be written meanwhile. */
  each(sql: string): AsyncIterable<unknown>;
}

/** SQL alone in the database; what it changes counts once the transaction ends, or not at all. */
export interface WriteTx extends ReadTx {
  readonly [within]: 'write';
  /** @returns how many rows changed */
  run(sql: string, parameters: Parameters): Promise<{ changes: number }>;
  /** Insert one row into a table with ids, in the column `id` or in the one named. @returns its id */
  insert(sql: string, parameters: Parameters, id?: 'id' | 'number'): Promise<number>;
  /** A part of the transaction, undone by itself when it throws. */
  part(work: () => Promise<void>): Promise<void>;
}

/**
 * Transactions over one database. Code that holds a {@link ReadTx} or {@link WriteTx} runs within a transaction: it must
 * not keep the handle once that transaction has ended, begin another transaction, or await anything but statements.
 * Errors of the database become those of the catalogue.
 */
export interface Transactions {
  /** `work` on one unchanging view of the database. */
  read<T>(work: (tx: ReadTx) => Promise<T>): Promise<T>;
  /**
   * `work` alone in the database, on the disk once this resolves, undone when it throws. Only where the connection to a
   * database breaks during the commit (`store-busy`), it may be done all the same.
   */
  write<T>(work: (tx: WriteTx) => Promise<T>): Promise<T>;
  /** As {@link write}, but on the disk only with the next of those: for what can be had again. */
  writeUnsynced<T>(work: (tx: WriteTx) => Promise<T>): Promise<T>;
}

import type { WriteTx } from './sql/transactions.ts';

/** What is under way at the servers on a database; it ends with the server that does it. */
export interface UnderWay {
  /**
   * Begin a request that is done once.
   * @returns false while another server does it; this one knows its own
   */
  begin(tx: WriteTx, request: string): Promise<boolean>;
  end(tx: WriteTx, request: string): Promise<void>;
  /** Calls of a meter. */
  calls(tx: WriteTx, meter: string): Promise<number>;
  addCalls(tx: WriteTx, meter: string, count: 1 | -1): Promise<void>;
}

/** Of a process that has its store to itself. */
export class UnderWayHere implements UnderWay {
  readonly #calls = new Map<string, number>();

  async begin(): Promise<boolean> {
    return true;
  }

  async end(): Promise<void> {}

  async calls(_tx: WriteTx, meter: string): Promise<number> {
    return this.#calls.get(meter) ?? 0;
  }

  async addCalls(_tx: WriteTx, meter: string, count: 1 | -1): Promise<void> {
    this.#calls.set(meter, Math.max(0, (this.#calls.get(meter) ?? 0) + count));
  }
}

import { extname, join } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { ScanMessage, ScanReply } from './scan-worker.ts';
import type { Found, RowBlock, Wanted } from './scanner.ts';

const WORKER_FILE = join(import.meta.dirname, `scan-worker${extname(import.meta.filename)}`);

interface Pending {
  readonly resolve: (found: readonly Found[]) => void;
  readonly reject: (error: Error) => void;
}

/** The thread on which large indexes are searched, one pass at a time. It keeps no process alive. */
export class ScanThread {
  readonly #worker: Worker;
  readonly #pending = new Map<number, Pending>();
  #searches = 0;
  #failure: Error | null = null;

  constructor(memory: WebAssembly.Memory) {
    this.#worker = new Worker(WORKER_FILE, { workerData: memory, name: 'lintel-search' });
    this.#worker.unref();
    this.#worker.on('message', ({ id, found }: ScanReply) => this.#take(id)?.resolve(found));
    this.#worker.on('error', (error: Error) => this.#fail(error));
    this.#worker.on('exit', () => this.#fail(new Error('The thread that searches has ended.')));
  }

  /** Whether it can be asked; another one has to be told of every block. */
  get isAlive(): boolean {
    return this.#failure === null;
  }

  /** The next block of an index. */
  add(index: number, block: RowBlock): void {
    this.#post({ kind: 'block', index, block });
  }

  forget(index: number): void {
    this.#post({ kind: 'forget', index });
  }

  /** As `Scanner.search`. */
  async search(index: number, dimension: number, wanted: readonly Wanted[]): Promise<readonly Found[]> {
    if (this.#failure !== null) throw this.#failure;
    const id = ++this.#searches;
    return await new Promise((resolve, reject) => {
      this.#pending.set(id, { resolve, reject });
      this.#worker.ref();
      this.#post({ kind: 'search', id, index, dimension, wanted });
    });
  }

  #post(message: ScanMessage): void {
    this.#worker.postMessage(message, []);
  }

  #take(id: number): Pending | undefined {
    const pending = this.#pending.get(id);
    this.#pending.delete(id);
    if (this.#pending.size === 0) this.#worker.unref();
    return pending;
  }

  #fail(error: Error): void {
    this.#failure ??= error;
    for (const id of this.#pending.keys()) this.#take(id)?.reject(error);
  }
}

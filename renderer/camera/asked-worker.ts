/** Where an answer goes; null: there is none. */
export interface Asked {
  readonly port: MessagePort;
}

/**
 * A worker that answers each request through a port of its own. One that fails is ended: what it was asked rejects, and the
 * next request gets another worker, so that nobody waits for ever.
 */
export class AskedWorker<Request extends Asked, Answer> {
  readonly #load: () => Worker;
  readonly #waiting = new Set<(reason: Error) => void>();
  #worker: Worker | null = null;

  /** @param load makes the worker, when it is first needed: most kiosks never need some */
  constructor(load: () => Worker) {
    this.#load = load;
  }

  /** @param transfer what the worker takes over @throws Error when the worker fails before it answers */
  async ask(request: Omit<Request, 'port'>, transfer: Transferable[]): Promise<Answer | null> {
    const { port1, port2 } = new MessageChannel();
    const { promise, resolve, reject } = Promise.withResolvers<Answer | null>();
    port1.addEventListener('message', ({ data }: MessageEvent<Answer | null>) => resolve(data));
    port1.start();
    this.#waiting.add(reject);
    try {
      this.#running().postMessage({ ...request, port: port2 }, [...transfer, port2]);
      return await promise;
    } finally {
      this.#waiting.delete(reject);
      port1.close();
    }
  }

  /** Loads the worker before it is needed. */
  prepare(): void {
    this.#running();
  }

  #running(): Worker {
    if (this.#worker !== null) return this.#worker;
    const worker = this.#load();
    const fail = (): void => {
      worker.terminate();
      if (this.#worker !== worker) return;
      this.#worker = null;
      for (const reject of this.#waiting) reject(new Error('A worker of the page failed.'));
    };
    worker.addEventListener('error', fail);
    worker.addEventListener('messageerror', fail);
    return (this.#worker = worker);
  }
}

import type { Log } from '../process/index.ts';
import { placeOf, whyNot } from './try-target.ts';

/** Who is not reached of those that are to be told of events. Logs once that one fails, and once that it works again. */
export class TargetFaults {
  readonly #log: Log;
  readonly #failing = new Set<string>();

  constructor(log: Log) {
    this.#log = log;
  }

  has(url: string): boolean {
    return this.#failing.has(url);
  }

  failed(url: string, error: unknown): void {
    if (this.#failing.has(url)) return;
    this.#failing.add(url);
    this.#log.error(
      { target: placeOf(url), why: whyNot(error) },
      'who is to be told of events is not reached',
    );
  }

  works(url: string): void {
    if (this.#failing.delete(url))
      this.#log.info({ target: placeOf(url) }, 'who is told of events is reached again');
  }

  /** It was removed. */
  forget(url: string): void {
    this.#failing.delete(url);
  }
}

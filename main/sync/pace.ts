/** What a message is to take. A server waits a minute for a whole request; what a break costs is as much at most. */
const TARGET_MS = 10_000;

/** At 9.6 kbit/s some 13 seconds. */
const LEAST = 16 * 1024;
const MOST = 512 * 1024;

/** How large messages may be on a line whose speed is not known: small at first, larger while they pass quickly. */
export class Pace {
  #bytes = LEAST;

  /** About how many bytes the next message may carry. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Send a message and learn from how long it took. */
  async time<T>(send: () => Promise<T>): Promise<T> {
    const start = performance.now();
    const answer = await send();
    this.learn(performance.now() - start);
    return answer;
  }

  /** @param ms that a message of that size took */
  learn(ms: number): void {
    if (ms < TARGET_MS / 4) this.#bytes = Math.min(MOST, this.#bytes * 4);
    else if (ms > TARGET_MS) this.#bytes = Math.max(LEAST, this.#bytes / 2);
  }
}

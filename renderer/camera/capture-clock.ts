/** The offset between the clocks is the least of so many milliseconds. They drift apart over hours. */
const WINDOW_MS = 5000;
/** A camera that is opened again may count from anew: pictures are never looked at so much later. */
const RESTART_MS = 1000;

/**
 * When pictures were taken, by the page's clock. A busy page looks at one sooner and at the next one later; the camera counts
 * evenly, by a clock that began at any time. The picture that was looked at soonest tells how far both clocks are apart.
 */
export class CaptureClock {
  /** Least offsets of this window and of the one before. */
  #least = Infinity;
  #leastBefore = Infinity;
  #windowEnd = -Infinity;
  #last = -Infinity;

  /**
   * @param timestamp of a picture by the camera's clock, in milliseconds
   * @param seenAt when it was looked at, by the page's clock, in milliseconds
   * @returns when it was taken, by the page's clock: as if each picture had been looked at as soon as the soonest; `seenAt` where the
   *   camera's clock stands still
   */
  takenAt(timestamp: number, seenAt: number): number {
    const offset = seenAt - timestamp;
    const isRestarted = timestamp <= this.#last;
    this.#last = timestamp;
    if (isRestarted || offset - Math.min(this.#least, this.#leastBefore) > RESTART_MS) {
      this.#least = this.#leastBefore = Infinity;
    } else if (seenAt >= this.#windowEnd) {
      this.#leastBefore = this.#least;
      this.#least = Infinity;
    }
    if (this.#least === Infinity) this.#windowEnd = seenAt + WINDOW_MS;
    this.#least = Math.min(this.#least, offset);
    return timestamp + Math.min(this.#least, this.#leastBefore);
  }
}

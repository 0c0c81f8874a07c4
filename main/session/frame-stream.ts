import { LintelError, VISIT_LIMITS, type VisitFrame } from '#contract';
import { judgeLight, type AnalysedFrame, type LightAsked } from '#core/liveness';

/** Frames of one visit that are looked at at once: as many as threads may compute. The others wait, and are dropped with it. */
const AT_ONCE = 4;

/** A frame with when it came, in milliseconds of main's clock. */
export interface ArrivedFrame {
  readonly frame: VisitFrame;
  readonly arrivedAt: number;
}

/** What was found in a frame, and the embedding model that made its template. */
export interface SeenFrame {
  readonly modelId: string;
  readonly frame: AnalysedFrame;
}

interface Entry extends ArrivedFrame {
  readonly found: PromiseWithResolvers<SeenFrame>;
}

/**
 * The frames of one visit while it goes on: taken in as they come, and looked at as soon as a thread is free, so that the
 * verdict waits for the last ones only. In memory alone; what is forgotten is looked at no more.
 */
export class FrameStream {
  readonly #look: (arrived: ArrivedFrame) => Promise<SeenFrame>;
  #entries: Entry[] = [];
  #bytes = 0;
  /** Frames of the screen's light. */
  #lit = 0;
  /** Frames that may be looked at, and those that are or were. */
  #permitted = 0;
  #begun = 0;
  #running = 0;

  /** @param look finds out what a frame shows */
  constructor(look: (arrived: ArrivedFrame) => Promise<SeenFrame>) {
    this.#look = look;
  }

  /** Frames that came so far. */
  get length(): number {
    return this.#entries.length;
  }

  /** Frontal frames that came so far. */
  get frontal(): number {
    return this.#entries.filter(({ frame }) => frame.moment.kind === 'frontal').length;
  }

  /**
   * Take frames in, without looking at them yet.
   * @param from how many the screen has sent before
   * @param arrivedAt milliseconds of main's clock
   * @returns how many came so far
   * @throws LintelError `frames-out-of-order`, `frames-too-many`
   */
  take(from: number, frames: readonly VisitFrame[], arrivedAt: number): number {
    if (from !== this.#entries.length) throw new LintelError('frames-out-of-order');
    this.#bytes += frames.reduce((sum, { image }) => sum + image.byteLength, 0);
    const count = this.#entries.length + frames.length;
    this.#lit += frames.filter(({ moment }) => moment.kind === 'light').length;
    const isTooMany = count - this.#lit > VISIT_LIMITS.frames || this.#lit > VISIT_LIMITS.light;
    if (isTooMany || this.#bytes > VISIT_LIMITS.bytes) {
      throw new LintelError('frames-too-many');
    }
    for (const frame of frames) {
      const found = Promise.withResolvers<SeenFrame>();
      // It matters to the verdict only, which asks for it.
      found.promise.catch(() => undefined);
      this.#entries.push({ frame, arrivedAt, found });
    }
    return count;
  }

  /** Look at the first so many frames, as threads become free. */
  lookAt(count: number): void {
    this.#permitted = Math.max(this.#permitted, count);
    this.#pump();
  }

  /**
   * Judge the screen's light by the frames of it that came so far, while those after it are looked at: the verdict has it done then.
   * What keeps it from being judged, the verdict tells.
   */
  judgeAhead(asked: LightAsked): void {
    const lit = this.#entries.filter(({ frame }) => frame.moment.kind === 'light');
    const seen = Promise.all(lit.map(async ({ found }) => (await found.promise).frame));
    seen.then((frames) => judgeLight(asked, frames)).catch(() => undefined);
  }

  /** Every frame with what it shows, in order. @throws LintelError `image-*`, `busy` */
  async seen(): Promise<SeenFrame[]> {
    this.lookAt(this.length);
    return await Promise.all(this.#entries.map(({ found }) => found.promise));
  }

  /** Drop every frame, and overwrite the templates made of them. */
  forget(): void {
    for (const { found } of this.#entries) {
      found.promise.then(
        ({ frame }) => frame.analysis.face?.template.fill(0),
        () => undefined,
      );
    }
    this.#entries = [];
    this.#permitted = this.#begun = 0;
  }

  #pump(): void {
    while (this.#running < AT_ONCE && this.#begun < this.#permitted) {
      void this.#begin(this.#entries[this.#begun++]!);
    }
  }

  async #begin({ frame, arrivedAt, found }: Entry): Promise<void> {
    this.#running += 1;
    try {
      found.resolve(await this.#look({ frame, arrivedAt }));
    } catch (error) {
      found.reject(error);
    } finally {
      this.#running -= 1;
      this.#pump();
    }
  }
}

import { MOST_SCANNED } from '#contract';
import { AskedWorker } from './asked-worker.ts';
import type { CodeRequest } from './code-worker.ts';

/** Least milliseconds between two pictures that are looked at: the time of the processors is the faces'. */
const GAP_MS = 300;
/** A code that was out of sight for so long is shown again on purpose. Milliseconds. */
const FORGET_MS = 3000;

/** Looks for QR codes in the camera's pictures, in a worker, one at a time: what comes meanwhile is passed over. */
export class CodeReader {
  readonly #onText: (text: string) => void;
  readonly #worker = new AskedWorker<CodeRequest, string>(
    () => new Worker(new URL('./code-worker.ts', import.meta.url), { type: 'module' }),
  );
  #isBusy = false;
  #lookedAt = -Infinity;
  #last: { readonly text: string; readonly seenAt: number } | null = null;

  /** @param onText told of each code once, however long it stays in the picture */
  constructor(onText: (text: string) => void) {
    this.#onText = onText;
  }

  /** @param picture is not closed @param at milliseconds of the page's monotonic clock */
  offer(picture: VideoFrame, at: number): void {
    if (this.#isBusy || at - this.#lookedAt < GAP_MS) return;
    this.#isBusy = true;
    this.#lookedAt = at;
    void this.#look(picture.clone(), at).finally(() => (this.#isBusy = false));
  }

  async #look(frame: VideoFrame, at: number): Promise<void> {
    // A picture is lost with the worker that had it; the next gets another.
    const text = await this.#worker.ask({ frame }, [frame]).catch(() => null);
    if (text !== null && text.length <= MOST_SCANNED) this.#see(text, at);
  }

  #see(text: string, at: number): void {
    const last = this.#last;
    const isNew = last === null || last.text !== text || at - last.seenAt > FORGET_MS;
    this.#last = { text, seenAt: at };
    if (isNew) this.#onText(text);
  }
}

import { MOST_SCANNED } from '#contract';
import type { CodeRequest } from './code-worker.ts';

/** Least milliseconds between two pictures that are looked at: the time of the processors is the faces'. */
const GAP_MS = 300;
/** A code that was out of sight for so long is shown again on purpose. Milliseconds. */
const FORGET_MS = 3000;

/** Looks for QR codes in the camera's pictures, in a worker, one at a time: what comes meanwhile is passed over. */
export class CodeReader {
  readonly #onText: (text: string) => void;
  #worker: Worker | null = null;
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
    // Loaded when it is first needed: most kiosks never do.
    this.#worker ??= new Worker(new URL('./code-worker.ts', import.meta.url), { type: 'module' });
    const { port1, port2 } = new MessageChannel();
    port1.addEventListener('message', ({ data }: MessageEvent<string | null>) => {
      port1.close();
      this.#isBusy = false;
      if (data !== null && data.length <= MOST_SCANNED) this.#see(data, at);
    });
    port1.start();
    const frame = picture.clone();
    this.#worker.postMessage({ frame, port: port2 } satisfies CodeRequest, [frame, port2]);
  }

  #see(text: string, at: number): void {
    const last = this.#last;
    const isNew = last === null || last.text !== text || at - last.seenAt > FORGET_MS;
    this.#last = { text, seenAt: at };
    if (isNew) this.#onText(text);
  }
}

import type { ChallengeStep } from '#contract';
import type { Film, StepTake, Temper } from './film.ts';

/** What the page tells its visitor. Times in milliseconds since 1970, with fractions. */
export type ToVisitor =
  | { readonly type: 'film'; readonly film: Film; readonly bytes: ArrayBuffer; readonly temper: Temper }
  | { readonly type: 'camera'; readonly writable: WritableStream<VideoFrame> }
  | { readonly type: 'arrive' }
  /** Walks by: nobody is turned to who is seen so shortly. */
  | { readonly type: 'pass' }
  /** What is asked now; null: nothing. */
  | { readonly type: 'asked'; readonly step: ChallengeStep | null; readonly at: number }
  /** What the corners of the screen show, as sRGB: top left, top right, bottom left, bottom right. Null: as usual. */
  | { readonly type: 'screen'; readonly corners: readonly (readonly number[])[] | null; readonly at: number };

/** What the visitor tells: what they did, and when. */
export interface FromVisitor {
  readonly type: 'arrived' | 'began';
  readonly at: number;
}

/**
 * A visitor before the camera: stands, does what the screen asks for after the time that people take to react, and is lit by what
 * the screen shows. Runs as a worker, so that the page's work does not hold the camera up.
 */

/** For how long somebody is seen who walks by. Milliseconds. */
const PASS_MS = 170;
/** A visitor who is asked still, so long after the step was done, does it again. Milliseconds. */
const AGAIN_MS = 1200;
/** What the screen's corners emit when it shows no colours, of full white. */
const USUAL = [0.02, 0.02, 0.03] as const;

/** Pictures that are computed before the first that counts, all corners white. */
const WARM_UP = 30;
const WHITE = Array.from({ length: 4 }, () => [255, 255, 255]);

const now = (): number => performance.timeOrigin + performance.now();
const tell = (message: FromVisitor): void => postMessage(message);

let film: Film | null = null;
let pictures: Blob[] = [];
let temper: Temper = { reactions: [], latency: 0, take: 0 };
let writer: WritableStreamDefaultWriter<VideoFrame> | null = null;
let arrivedAt: number | null = null;
/** What is asked, and from when on it is done. */
let asked: { readonly step: ChallengeStep; readonly from: number } | null = null;
let performing: { readonly take: StepTake; readonly from: number } | null = null;
let done = 0;
/** What the screen showed, the newest last. */
let shown: { readonly at: number; readonly corners: readonly (readonly number[])[] | null }[] = [];

addEventListener('message', ({ data }: MessageEvent<ToVisitor>) => {
  if (data.type === 'film') {
    film = data.film;
    temper = data.temper;
    const { offsets } = data.film;
    pictures = offsets.slice(0, -1).map((start, i) => new Blob([data.bytes.slice(start, offsets[i + 1])]));
  } else if (data.type === 'camera') {
    const isFirst = writer === null;
    writer = data.writable.getWriter();
    if (isFirst) void play();
  } else if (data.type === 'arrive') {
    arrivedAt = now();
    tell({ type: 'arrived', at: arrivedAt });
  } else if (data.type === 'pass') {
    arrivedAt = now();
    setTimeout(() => (arrivedAt = null), PASS_MS);
  } else if (data.type === 'asked') {
    asked = data.step === null ? null : { step: data.step, from: data.at + reaction() };
  } else {
    shown = [...shown.slice(-50), { at: data.at, corners: data.corners }];
  }
});

const reaction = (): number => temper.reactions[done % temper.reactions.length] ?? 0;

/** One picture after the other, as a camera takes them. */
async function play(): Promise<void> {
  await warmUp();
  let due = now();
  for (;;) {
    const gap = 1000 / (film?.framesPerSecond ?? 10);
    // A camera leaves out what nobody had time for.
    due = Math.max(due + gap, now());
    await new Promise((resolve) => setTimeout(resolve, due - now()));
    if (film === null || writer === null) continue;
    const at = now();
    const picture = await createImageBitmap(pictures[frameAt(film, at)]!);
    const corners = shown.findLast((one) => one.at <= at - temper.latency)?.corners ?? null;
    const timestamp = Math.round((at - performance.timeOrigin) * 1000);
    const frame =
      corners === null ? new VideoFrame(picture, { timestamp }) : lit(film, picture, corners, timestamp);
    picture.close();
    await writer.write(frame).catch(() => undefined);
  }
}

/** A camera does not get faster with its first pictures, as code does that computes them. */
async function warmUp(): Promise<void> {
  if (film === null) return;
  const picture = await createImageBitmap(pictures[film.empty]!);
  for (let i = 0; i < WARM_UP; i++) lit(film, picture, WHITE, 0).close();
  picture.close();
}

/** The number of the frame that the camera sees now. */
function frameAt({ empty, standing, steps, framesPerSecond }: Film, at: number): number {
  if (arrivedAt === null) return empty;
  const since = (from: number): number => Math.floor(((at - from) * framesPerSecond) / 1000);
  if (performing !== null) {
    const frame = performing.take.frames[since(performing.from)];
    if (frame !== undefined) return frame;
    const step = performing.take.step;
    performing = null;
    if (asked?.step === step && asked.from === Infinity) asked = { step, from: at + AGAIN_MS };
  }
  if (asked !== null && at >= asked.from) {
    const { step } = asked;
    const takes = steps.filter((take) => take.step === step);
    performing = { take: takes[(temper.take + done) % takes.length]!, from: at };
    done += 1;
    asked = { step, from: Infinity };
    tell({ type: 'began', at });
    return performing.take.frames[0]!;
  }
  return standing.frames[since(arrivedAt) % standing.frames.length]!;
}

const LINEAR = Float32Array.from({ length: 256 }, (_, value) => {
  const x = value / 255;
  return x <= 0.04045 ? x / 12.92 : ((x + 0.055) / 1.055) ** 2.4;
});
const fromLinear = (x: number): number => (x <= 0.0031308 ? 12.92 * x : 1.055 * x ** (1 / 2.4) - 0.055);

/** Steps of the screen's light, of the room's: finer than a picture's values. */
const STEP = 1 / 512;
/** Every value of a picture under each step of light: a row of 256 for each, made when it is first met. */
const relit: Uint8Array[] = [];
const relitBy = (step: number): Uint8Array =>
  (relit[step] ??= Uint8Array.from(LINEAR, (x) =>
    Math.round(255 * fromLinear(Math.min(1, x * (1 + step * STEP)))),
  ));

let canvas: OffscreenCanvasRenderingContext2D | null = null;

/** The picture as lit by the screen as well, in linear light. */
function lit(
  { width, height, light }: Film,
  picture: ImageBitmap,
  corners: readonly (readonly number[])[],
  timestamp: number,
): VideoFrame {
  canvas ??= new OffscreenCanvas(width, height).getContext('2d', { willReadFrequently: true })!;
  canvas.drawImage(picture, 0, 0);
  const { data } = canvas.getImageData(0, 0, width, height);
  const emitted = corners.map((rgb) => rgb.map((value, c) => Math.max(USUAL[c]!, LINEAR[value]!)));
  const columns = width / light.cell;
  for (let top = 0; top < height; top += light.cell) {
    for (let column = 0; column < columns; column++) {
      const cell = 4 * ((top / light.cell) * columns + column);
      const [red, green, blue] = [0, 1, 2].map((c) => {
        const added = emitted.reduce((sum, rgb, corner) => sum + light.shares[cell + corner]! * rgb[c]!, 0);
        return relitBy(Math.round(added / STEP));
      }) as [Uint8Array, Uint8Array, Uint8Array];
      for (let y = top; y < top + light.cell; y++) {
        const from = 4 * (y * width + column * light.cell);
        for (let i = from; i < from + 4 * light.cell; i += 4) {
          data[i] = red[data[i]!]!;
          data[i + 1] = green[data[i + 1]!]!;
          data[i + 2] = blue[data[i + 2]!]!;
        }
      }
    }
  }
  return new VideoFrame(data, { format: 'RGBX', codedWidth: width, codedHeight: height, timestamp });
}

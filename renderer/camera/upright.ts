import type { QuarterTurn } from '#contract';

/** How the camera hangs: what has to be done to its picture for people to stand upright in it, as others see them. */
export interface Mounting {
  /** Degrees clockwise. */
  readonly turn: QuarterTurn;
  /** The driver mirrors the picture. */
  readonly mirrored: boolean;
}

interface Size {
  readonly width: number;
  readonly height: number;
}

/** Where the pixels of a picture go: x' = a x + c y + e, y' = b x + d y + f, as a canvas has it. */
type Transform = readonly [a: number, b: number, c: number, d: number, e: number, f: number];

/** The size of an upright picture, and where the pixels of the camera's go in it: turned, then mirrored. */
export function placing(
  { turn, mirrored }: Mounting,
  { width, height }: Size,
): { readonly size: Size; readonly transform: Transform } {
  const turned: Readonly<Record<QuarterTurn, Transform>> = {
    0: [1, 0, 0, 1, 0, 0],
    90: [0, 1, -1, 0, height, 0],
    180: [-1, 0, 0, -1, width, height],
    270: [0, -1, 1, 0, 0, width],
  };
  const size = turn === 90 || turn === 270 ? { width: height, height: width } : { width, height };
  const [a, b, c, d, e, f] = turned[turn];
  return { size, transform: mirrored ? [-a, b, -c, d, size.width - e, f] : [a, b, c, d, e, f] };
}

/** Chromium's own (W3C, MediaStreamTrack Insertable Media Processing), which TypeScript's library does not know. */
declare const MediaStreamTrackProcessor: new (init: { readonly track: MediaStreamTrack }) => {
  readonly readable: ReadableStream<VideoFrame>;
};
declare const MediaStreamTrackGenerator: new (init: { readonly kind: 'video' }) => MediaStreamTrack & {
  readonly writable: WritableStream<VideoFrame>;
};

/** The camera's stream as it is looked at everywhere: the same one where the camera hangs upright. */
export function upright(stream: MediaStream, mounting: Mounting): MediaStream {
  const [track] = stream.getVideoTracks();
  if (track === undefined || (mounting.turn === 0 && !mounting.mirrored)) return stream;
  const generator = new MediaStreamTrackGenerator({ kind: 'video' });
  const canvas = new OffscreenCanvas(1, 1);
  const context = canvas.getContext('2d', { alpha: false });
  const turning = new TransformStream<VideoFrame, VideoFrame>({
    transform(frame, controller) {
      const { size, transform } = placing(mounting, {
        width: frame.displayWidth,
        height: frame.displayHeight,
      });
      if (canvas.width !== size.width || canvas.height !== size.height) Object.assign(canvas, size);
      context?.setTransform(...transform);
      context?.drawImage(frame, 0, 0);
      controller.enqueue(new VideoFrame(canvas, { timestamp: frame.timestamp }));
      frame.close();
    },
  });
  // It ends with either track; the camera's own says so.
  new MediaStreamTrackProcessor({ track }).readable
    .pipeThrough(turning)
    .pipeTo(generator.writable)
    .catch(() => undefined);
  return new MediaStream([generator]);
}

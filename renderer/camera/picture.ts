import type { JpegRequest } from './jpeg-worker.ts';
import type { Placement } from '../guidance/geometry.ts';
import { viewOf } from '../guidance/geometry.ts';

/** Side of the thumbnail from which brightness is read. */
const LUMA_SIDE = 16;

const thumbnail = new OffscreenCanvas(LUMA_SIDE, LUMA_SIDE);
const thumbnailContext = thumbnail.getContext('2d', { willReadFrequently: true });

/** Chromium encodes on the page's own thread only when that is idle, which it is not while faces are followed. */
const worker = new Worker(new URL('./jpeg-worker.ts', import.meta.url), { type: 'module' });

/** The video's current picture as a JPEG of its full resolution, not mirrored. Taken at once, encoded in a worker. */
export const captureJpeg = (video: HTMLVideoElement): Promise<Uint8Array<ArrayBuffer>> =>
  encodeJpeg(new VideoFrame(video));

/** The picture as a JPEG, encoded in a worker, which takes the frame over. */
export function encodeJpeg(frame: VideoFrame): Promise<Uint8Array<ArrayBuffer>> {
  const { port1, port2 } = new MessageChannel();
  return new Promise((resolve, reject) => {
    port1.addEventListener('message', ({ data }: MessageEvent<Uint8Array<ArrayBuffer> | null>) => {
      port1.close();
      if (data) resolve(data);
      else reject(new Error('The picture could not be encoded.'));
    });
    port1.start();
    worker.postMessage({ frame, port: port2 } satisfies JpegRequest, [frame, port2]);
  });
}

/** Mean luma (Rec. 601, 0..255) of the face, or of the whole view when there is none. */
export function measureLuma(video: HTMLVideoElement, face: Placement | null): number | null {
  if (!thumbnailContext) return null;
  const image = { width: video.videoWidth, height: video.videoHeight };
  const view = viewOf(image);
  const width = view.width * image.width;
  const height = view.height * image.height;
  const place = face ?? { x: 0.5, y: 0.5, width: 1, height: 1 };
  thumbnailContext.drawImage(
    video,
    image.width / 2 + (place.x - 0.5 - place.width / 2) * width,
    image.height / 2 + (place.y - 0.5 - place.height / 2) * height,
    place.width * width,
    place.height * height,
    0,
    0,
    LUMA_SIDE,
    LUMA_SIDE,
  );
  const { data } = thumbnailContext.getImageData(0, 0, LUMA_SIDE, LUMA_SIDE);
  let sum = 0;
  for (let i = 0; i < data.length; i += 4)
    sum += 0.299 * (data[i] ?? 0) + 0.587 * (data[i + 1] ?? 0) + 0.114 * (data[i + 2] ?? 0);
  return sum / (LUMA_SIDE * LUMA_SIDE);
}

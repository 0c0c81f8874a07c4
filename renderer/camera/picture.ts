import { AskedWorker } from './asked-worker.ts';
import type { JpegRequest } from './jpeg-worker.ts';

/** Chromium encodes on the page's own thread only when that is idle, which it is not while faces are followed. */
const worker = new AskedWorker<JpegRequest, Uint8Array<ArrayBuffer>>(
  () => new Worker(new URL('./jpeg-worker.ts', import.meta.url), { type: 'module' }),
);
worker.prepare();

/** The video's current picture as a JPEG of its full resolution, not mirrored. Taken at once, encoded in a worker. */
export const captureJpeg = (video: HTMLVideoElement): Promise<Uint8Array<ArrayBuffer>> =>
  encodeJpeg(new VideoFrame(video));

/** The picture as a JPEG, encoded in a worker, which takes the frame over. @throws Error when it could not be encoded */
export async function encodeJpeg(frame: VideoFrame): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = await worker.ask({ frame }, [frame]);
  if (bytes === null) throw new Error('The picture could not be encoded.');
  return bytes;
}

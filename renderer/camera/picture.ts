import type { JpegRequest } from './jpeg-worker.ts';

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

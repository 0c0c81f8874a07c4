import type { Asked } from './asked-worker.ts';

/** A video frame to encode, and where to send the bytes (null when it could not be done). */
export interface JpegRequest extends Asked {
  readonly frame: VideoFrame;
}

const QUALITY = 0.92;

async function encode(frame: VideoFrame): Promise<Uint8Array<ArrayBuffer>> {
  const canvas = new OffscreenCanvas(frame.displayWidth, frame.displayHeight);
  // Kept in memory, since it is read at once.
  canvas.getContext('2d', { alpha: false, willReadFrequently: true })?.drawImage(frame, 0, 0);
  frame.close();
  const blob = await canvas.convertToBlob({ type: 'image/jpeg', quality: QUALITY });
  return new Uint8Array(await blob.arrayBuffer());
}

/** The first picture takes several times as long as the next ones, so an empty one is encoded at the start. */
async function warmUp(): Promise<void> {
  const canvas = new OffscreenCanvas(640, 480);
  canvas.getContext('2d')?.fillRect(0, 0, 640, 480);
  await encode(new VideoFrame(canvas, { timestamp: 0 }));
}
warmUp().catch(() => undefined);

addEventListener('message', ({ data }: MessageEvent<JpegRequest>) => {
  encode(data.frame).then(
    (bytes) => data.port.postMessage(bytes, [bytes.buffer]),
    () => data.port.postMessage(null, []),
  );
});

import { prepareZXingModule, readBarcodes } from 'zxing-wasm/reader';
import reader from 'zxing-wasm/reader/zxing_reader.wasm?url';
import type { Asked } from './asked-worker.ts';

/** A picture to look for a QR code in, and where to send its text (null: there is none). */
export interface CodeRequest extends Asked {
  readonly frame: VideoFrame;
}

// Left to itself, the library fetches its WebAssembly from elsewhere.
prepareZXingModule({ overrides: { locateFile: () => reader } });

const canvas = new OffscreenCanvas(1, 1);
const context = canvas.getContext('2d', { alpha: false, willReadFrequently: true });

async function read(frame: VideoFrame): Promise<string | null> {
  const { displayWidth: width, displayHeight: height } = frame;
  if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
  context?.drawImage(frame, 0, 0);
  frame.close();
  if (!context) return null;
  const picture = context.getImageData(0, 0, width, height);
  const [found] = await readBarcodes(picture, {
    formats: ['QRCode'],
    tryInvert: false,
    maxNumberOfSymbols: 1,
  });
  return found?.isValid ? found.text : null;
}

addEventListener('message', ({ data: { frame, port } }: MessageEvent<CodeRequest>) => {
  read(frame).then(
    (text) => port.postMessage(text),
    () => port.postMessage(null),
  );
});

/** Markers of JPEG (ITU-T T.81, table B.1; JFIF 1.02; Adobe's technical note 5116). */
const SOF0 = 0xc0;
const SOF1 = 0xc1;
const DHT = 0xc4;
const SOF15 = 0xcf;
const JPG = 0xc8;
const DAC = 0xcc;
const SOS = 0xda;
const EOI = 0xd9;
const APP0 = 0xe0;
const APP14 = 0xee;

/** Spectral selection 0 to 63, no successive approximation: all that a sequential scan can have. */
const SEQUENTIAL = [0, 63, 0];

/**
 * The same JPEG with headers that a decoder has nothing to say about. Whole pictures of some cameras name an unknown
 * version of JFIF or an unknown colour transform, give a sequential scan parameters of a progressive one, or hold stray
 * bytes between segments. Decoders look past all of it, but warn in the same way as about a damaged scan, and tell the
 * first warning only. With these out of the way, a warning means damage.
 * @returns the bytes given where nothing is odd up to the first scan, or where they are no JPEG
 */
export function tidyJpeg(bytes: Uint8Array): Uint8Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const parts: Uint8Array[] = [];
  let kept = 0;
  let components = 0;
  let isSequential = false;
  const replace = (at: number, values: readonly number[]): void => {
    if (values.every((value, i) => bytes[at + i] === value)) return;
    parts.push(bytes.subarray(kept, at), Uint8Array.from(values));
    kept = at + values.length;
  };
  for (let at = 2; at + 4 <= bytes.length;) {
    const start = nextMarker(bytes, at);
    if (start > at) {
      parts.push(bytes.subarray(kept, at));
      kept = start;
    }
    if (start + 4 > bytes.length) break;
    const marker = bytes[start + 1]!;
    const end = start + 2 + view.getUint16(start + 2);
    const body = start + 4;
    if (marker === EOI || end > bytes.length) break;
    if (isFrame(marker)) {
      isSequential = marker === SOF0 || marker === SOF1;
      components = bytes[body + 5]!;
    }
    if (marker === APP0 && startsWith(bytes, body, 'JFIF\0') && bytes[body + 5]! > 2)
      replace(body + 5, [1, 2]);
    // 0: the components are colours as they are; 1: three of them are YCbCr; 2: four of them are YCCK.
    if (marker === APP14 && startsWith(bytes, body, 'Adobe') && end - body >= 12 && bytes[body + 11]! > 2) {
      replace(body + 11, [components === 4 ? 2 : 1]);
    }
    if (marker === SOS) {
      if (isSequential) replace(end - 3, SEQUENTIAL);
      break;
    }
    at = end;
  }
  return parts.length === 0 ? bytes : Buffer.concat([...parts, bytes.subarray(kept)]);
}

/** Where the next segment begins: 0xff, which may be repeated, and a byte that is neither 0 nor 0xff. */
export function nextMarker(bytes: Uint8Array, from: number): number {
  let at = from;
  while (at + 1 < bytes.length && !(bytes[at] === 0xff && bytes[at + 1] !== 0xff && bytes[at + 1] !== 0))
    at++;
  return at;
}

/** Whether a segment describes the frame: its size and components. */
export const isFrame = (marker: number): boolean =>
  marker >= SOF0 && marker <= SOF15 && marker !== DHT && marker !== JPG && marker !== DAC;

const startsWith = (bytes: Uint8Array, at: number, text: string): boolean =>
  Buffer.from(text, 'latin1').every((byte, i) => bytes[at + i] === byte);

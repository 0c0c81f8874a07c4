import { isFrame, nextMarker } from './jpeg-headers.ts';

/** In a PNG, width and height stand behind the signature and the head of the first chunk (PNG, third edition, 11.2.1). */
const PNG_SIZE = 16;
/** In a JPEG's frame segment, height and width stand behind marker, length and precision (ITU-T T.81, B.2.2). */
const JPEG_SIZE = 5;
/** Start of scan: no frame segment follows. */
const SOS = 0xda;

/**
 * How large an image is as its first bytes say, before any EXIF orientation turns it.
 * @param bytes a JPEG or a PNG, to judge by its signature
 * @returns null where they do not say it
 */
export function storedSize(bytes: Uint8Array): { width: number; height: number } | null {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes[0] === 0x89) {
    if (bytes.length < PNG_SIZE + 8) return null;
    return { width: view.getUint32(PNG_SIZE), height: view.getUint32(PNG_SIZE + 4) };
  }
  for (let at = 2; at + 4 <= bytes.length;) {
    const start = nextMarker(bytes, at);
    if (start + JPEG_SIZE + 4 > bytes.length || bytes[start + 1] === SOS) return null;
    if (isFrame(bytes[start + 1]!)) {
      const height = view.getUint16(start + JPEG_SIZE);
      // 0: the height follows the first scan, which decoders do not take.
      return height === 0 ? null : { width: view.getUint16(start + JPEG_SIZE + 2), height };
    }
    at = start + 2 + view.getUint16(start + 2);
  }
  return null;
}

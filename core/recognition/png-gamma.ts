/** A PNG's signature; its chunks follow. */
const SIGNATURE_BYTES = 8;
/** Length and type before a chunk's data, a checksum after it. */
const CHUNK_BYTES = { head: 8, tail: 4 } as const;
/** These say how samples are meant in another way, and count before `gAMA`. */
const OTHER_MEANINGS = new Set(['iCCP', 'sRGB', 'cICP']);
/** `gAMA` has it in 100,000ths. */
const UNIT = 100_000;
/** How screens and other pictures are meant: samples are light to the power of 1 / 2.2. */
const USUAL = 2.2;
/** As sharp takes it. */
const LIMITS = [1, 3] as const;

/**
 * By which exponent 1 / g a PNG's samples become usual ones, where its `gAMA` chunk says that they are not (PNG, third
 * edition, 11.3.2.2): linear light is not to be taken for a dark picture. libvips passes over that chunk.
 * @returns null for usual samples, and for any other file
 */
export function pngGamma(bytes: Uint8Array): number | null {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes[0] !== 0x89) return null;
  let gamma: number | null = null;
  for (let at = SIGNATURE_BYTES; at + CHUNK_BYTES.head + 4 <= bytes.byteLength;) {
    const length = view.getUint32(at);
    const type = String.fromCharCode(...bytes.subarray(at + 4, at + 8));
    if (OTHER_MEANINGS.has(type)) return null;
    if (type === 'gAMA') gamma = (view.getUint32(at + CHUNK_BYTES.head) / UNIT) * USUAL;
    if (type === 'IDAT') break;
    at += CHUNK_BYTES.head + length + CHUNK_BYTES.tail;
  }
  const isUnusual = gamma !== null && gamma >= LIMITS[0] + 0.05 && gamma <= LIMITS[1];
  return isUnusual ? gamma : null;
}

import { LintelError } from '#contract';

/** `data:image/jpeg;base64,` and the like. */
const DATA_URL = /^data:[^,]{0,128},/;

/** Where lines are wrapped, with the blanks around. */
const LINE_BREAK = /[ \t]*[\r\n]+[ \t]*/g;

/**
 * The bytes of base 64 text: standard or URL-safe alphabet, padded or not, wrapped or not, with a data URL's prefix.
 * A blank within a line is refused. It is what a `+` becomes in a form or a query, and what is left would decode to a
 * damaged image.
 * @throws `image-not-base64`, `image-empty`
 */
export function fromBase64(text: string): Uint8Array {
  const encoded = text.startsWith('data:') ? text.replace(DATA_URL, '') : text;
  const bytes = Buffer.from(encoded, 'base64');
  // The decoder passes over what it does not know, so text that is longer than its bytes need is not all base 64.
  if (bytes.length !== byteLength(encoded)) {
    const unwrapped = encoded.trim().replaceAll(LINE_BREAK, '');
    if (bytes.length !== byteLength(unwrapped) || /\s/.test(unwrapped)) {
      throw new LintelError('image-not-base64');
    }
  }
  if (bytes.length === 0) throw new LintelError('image-empty');
  return bytes;
}

function byteLength(encoded: string): number {
  let length = encoded.length;
  while (length > 0 && length > encoded.length - 2 && encoded[length - 1] === '=') length--;
  return length % 4 === 1 ? Number.NaN : Math.floor((length * 3) / 4);
}

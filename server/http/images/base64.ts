import { LintelError } from '#contract';

/** `data:image/jpeg;base64,` and the like (RFC 2397): in any case, with parameters of any length, quoted or not. */
const DATA_URL = /^\s*data:(?:[^,"]|"(?:[^"\\]|\\.)*")*,/i;
/** No more is looked at for it. */
const PREFIX_LENGTH = 4096;

/** Where lines are wrapped, with the blanks around. */
const LINE_BREAK = /[ \t]*[\r\n]+[ \t]*/g;

/**
 * The bytes of base 64 text: standard or URL-safe alphabet, padded or not, wrapped or not, with a data URL's prefix.
 * A blank within a line is refused. It is what a `+` becomes in a form or a query, and what is left would decode to a
 * damaged image.
 * @throws `image-not-base64`, `image-empty`
 */
export function fromBase64(text: string): Uint8Array {
  const prefix = DATA_URL.exec(text.slice(0, PREFIX_LENGTH))?.[0] ?? '';
  const encoded = text.slice(prefix.length);
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

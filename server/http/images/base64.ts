import { LintelError } from '#contract';

/** `data:image/jpeg;base64,` and the like (RFC 2397): in any case, with parameters of any length, quoted or not. */
const DATA_URL = /^\s*data:(?:[^,"]|"(?:[^"\\]|\\.)*")*,/i;
/** No more is looked at for it. */
const PREFIX_LENGTH = 4096;

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
  if (bytes.length !== bytesOf(digitsIn(encoded)) && bytes.length !== bytesOf(wrappedDigitsIn(encoded))) {
    throw new LintelError('image-not-base64');
  }
  if (bytes.length === 0) throw new LintelError('image-empty');
  return bytes;
}

const bytesOf = (digits: number): number => (digits % 4 === 1 ? Number.NaN : Math.floor((digits * 3) / 4));

/** How many characters there are without the padding. */
function digitsIn(encoded: string): number {
  let { length } = encoded;
  while (length > 0 && length > encoded.length - 2 && encoded[length - 1] === '=') length--;
  return length;
}

/**
 * The same without line breaks and the blanks around them; NaN where a blank is within a line. It looks at each character
 * once, whoever wrote the text: an expression like `/[ \t]*\n/` takes the square of the length of a run of blanks, and to
 * join the lines takes seconds where each is a character long.
 */
function wrappedDigitsIn(encoded: string): number {
  const text = encoded.trim();
  let digits = 0;
  let padding = 0;
  /** Whether the line has a digit, and a blank after one. */
  let isBegun = false;
  let hasBlank = false;
  for (let i = 0; i < text.length; i++) {
    const character = text[i];
    if (character === '\n' || character === '\r') {
      isBegun = false;
      hasBlank = false;
    } else if (character === ' ' || character === '\t') {
      hasBlank = isBegun;
    } else if (hasBlank) {
      return Number.NaN;
    } else {
      isBegun = true;
      digits++;
      padding = character === '=' ? padding + 1 : 0;
    }
  }
  return digits - Math.min(padding, 2);
}

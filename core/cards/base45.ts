/** Characters of the alphanumeric mode of QR codes, by value (ISO/IEC 18004, table 5; RFC 9285, 4.2). */
const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:';
const VALUES: ReadonlyMap<string, number> = new Map(
  Array.from(ALPHABET, (character, value) => [character, value]),
);

/** Bytes as text of base 45 (RFC 9285): three characters for two bytes, which a QR code keeps in 17 bits. */
export function toBase45(bytes: Uint8Array): string {
  let text = '';
  for (let i = 0; i < bytes.length; i += 2) {
    const isPair = i + 1 < bytes.length;
    let rest = isPair ? bytes[i]! * 256 + bytes[i + 1]! : bytes[i]!;
    for (let n = 0; n < (isPair ? 3 : 2); n += 1) {
      text += ALPHABET[rest % 45];
      rest = Math.floor(rest / 45);
    }
  }
  return text;
}

/** The bytes of a text of base 45; null when it is none. */
export function fromBase45(text: string): Uint8Array | null {
  if (text.length % 3 === 1) return null;
  const bytes: number[] = [];
  for (let i = 0; i < text.length; i += 3) {
    const part = text.slice(i, i + 3);
    let value = 0;
    for (const [place, character] of part.split('').entries()) {
      const digit = VALUES.get(character);
      if (digit === undefined) return null;
      value += digit * 45 ** place;
    }
    if (value >= (part.length === 3 ? 65_536 : 256)) return null;
    if (part.length === 3) bytes.push(value >> 8);
    bytes.push(value & 255);
  }
  return Uint8Array.from(bytes);
}

const ARABIC_INDIC_ZERO = 0x0660;
const PERSIAN_ZERO = 0x06f0;

/** The ASCII digit of a key, also for keyboards with Arabic-Indic or Persian digits; null for any other key. */
export function digitOf(key: string): string | null {
  if (/^[0-9]$/.test(key)) return key;
  if (!/^[\u0660-\u0669\u06f0-\u06f9]$/.test(key)) return null;
  const code = key.charCodeAt(0);
  return String(code - (code >= PERSIAN_ZERO ? PERSIAN_ZERO : ARABIC_INDIC_ZERO));
}

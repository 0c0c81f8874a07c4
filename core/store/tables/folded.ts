/** Marks on letters: accents, and the vowels of Arabic and Hebrew. Those of Indic scripts are letters of their own. */
const MARKS = /(?=[\p{Script=Inherited}\p{Script=Arabic}\p{Script=Hebrew}])\p{M}/gu;

/** What is not read: format characters, the stretched line of Arabic, apostrophes of all kinds. */
const UNREAD = /[\p{Cf}\u0640'’‘‛ʼʻ`´′＇]/gu;

/** Letters that Unicode does not take apart, and what people type for them. */
const PLAIN: Readonly<Record<string, string>> = {
  ß: 'ss',
  æ: 'ae',
  œ: 'oe',
  þ: 'th',
  ø: 'o',
  ł: 'l',
  đ: 'd',
  ð: 'd',
  ħ: 'h',
  ŧ: 't',
  ŋ: 'n',
  ı: 'i',
  ς: 'σ',
  ٱ: 'ا',
  ى: 'ي',
  ی: 'ي',
  ک: 'ك',
  ة: 'ه',
};
const LETTERS = new RegExp(`[${Object.keys(PLAIN).join('')}]`, 'gu');

/** Digits of Arabic and Persian. */
const DIGITS = /[\u0660-\u0669\u06f0-\u06f9]/gu;
const DASHES = /\p{Pd}/gu;

/**
 * Text as it is compared in a search, however it was typed: lower case, compatible forms (NFKD), without marks and
 * apostrophes, plain letters for stroked ones.
 */
export function folded(text: string): string {
  return text
    .replace(UNREAD, '')
    .normalize('NFKD')
    .toLowerCase()
    .normalize('NFKD')
    .replace(MARKS, '')
    .replace(LETTERS, (letter) => PLAIN[letter]!)
    .replace(DIGITS, (digit) => String(digit.charCodeAt(0) & 0xf))
    .replace(DASHES, '-');
}

/**
 * Whether every word of a query is part of one of the texts.
 * @param texts null: there is none
 */
export function matches(query: string, ...texts: readonly (string | null)[]): boolean {
  const all = texts.flatMap((text) => (text === null ? [] : [folded(text)]));
  return folded(query)
    .split(/\s+/)
    .every((word) => all.some((text) => text.includes(word)));
}

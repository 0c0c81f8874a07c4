import type { Language } from '#contract';

export type Layout = Language | 'accents';

/**
 * Rows of keys, one character each: letters in the usual order of each alphabet's keyboard; marks that join the letter
 * before them, and the Latin letters that no mark makes.
 */
export const KEYBOARD_ROWS: Readonly<Record<Layout, readonly string[]>> = {
  en: ['1234567890', 'qwertyuiop', "asdfghjkl'", 'zxcvbnm-_.:/'],
  de: ['1234567890ß', 'qwertzuiopü', 'asdfghjklöä', 'yxcvbnm-_.:/'],
  fr: ['1234567890', 'azertyuiopé', 'qsdfghjklmè', "wxcvbnàç'-_.:/"],
  es: ['1234567890', 'qwertyuiop', "asdfghjklñ'", 'zxcvbnm-_.:/'],
  accents: [
    '\u0301\u0300\u0302\u0308\u0303\u030c\u030a\u0304\u0306\u0307',
    '\u0327\u0328\u0323\u0309\u031b\u030b\u0326’–·',
    'ßæœøłđðþħı',
  ],
  ar: ['١٢٣٤٥٦٧٨٩٠', 'ضصثقفغعهخحجد', 'شسيبلاتنمكطذ', 'ئءؤرىةوزظأإآ'],
};

export const isMark = (key: string): boolean => /\p{M}/u.test(key);

/**
 * The text of a field after a key was touched.
 * @param start of what is selected
 * @param end of it
 * @returns the text and where the caret stands; unchanged when it would be too long, or a mark has nothing to join
 */
export function typed(
  text: string,
  [start, end]: readonly [start: number, end: number],
  key: string,
  mostLength: number,
): { text: string; caret: number } {
  const joins = isMark(key) && /\p{L}\p{M}*$/u.test(text.slice(0, start));
  const before = isMark(key) && !joins ? null : (text.slice(0, start) + key).normalize('NFC');
  if (before === null || before.length + text.length - end > mostLength) return { text, caret: start };
  return { text: before + text.slice(end), caret: before.length };
}

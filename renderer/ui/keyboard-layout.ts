import type { Language } from '#contract';

/** Rows of letter keys, one character each, in the usual order of each alphabet's keyboard. */
export const KEYBOARD_ROWS: Readonly<Record<Language, readonly string[]>> = {
  en: ['1234567890', 'qwertyuiop', "asdfghjkl'", 'zxcvbnm-_.:/'],
  ar: ['١٢٣٤٥٦٧٨٩٠', 'ضصثقفغعهخحجد', 'شسيبلاتنمكطذ', 'ئءؤرىةوزظأإآ'],
};

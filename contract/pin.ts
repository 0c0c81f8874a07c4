/** How many digits an operator's PIN has. */
export const PIN_LENGTH = { least: 6, most: 12 } as const;

/** Digits of the code that permits to choose the first PIN. */
export const SETUP_CODE_LENGTH = 10;

const FORM = new RegExp(`^[0-9]{${PIN_LENGTH.least},${PIN_LENGTH.most}}$`);

/**
 * Why these digits cannot become a PIN, or null when they can. PINs that were set before stay.
 *
 * Refused as `pin-trivial` is what people choose first (Markert et al., "This PIN Can Be Easily Guessed", IEEE S&P 2020, for
 * 6 digits): fewer than three different digits, repetitions, palindromes, what counts up or down in steps of one, two or
 * three digits (which are rows, columns and diagonals of a keypad as well), dates, months and years, and a list.
 */
export function problemOfPin(pin: string): 'pin-invalid' | 'pin-trivial' | null {
  if (!FORM.test(pin)) return 'pin-invalid';
  const isTrivial =
    new Set(pin).size < 3 ||
    isRepeated(pin) ||
    isPalindrome(pin) ||
    [pin, pin.slice(1), pin.slice(0, -1)].some(isRun) ||
    isOfLines(pin) ||
    isOfCountedPairs(pin) ||
    DATE.test(pin) ||
    COMMON.some((each) => each.startsWith(pin));
  return isTrivial ? 'pin-trivial' : null;
}

/** 123123, also where the last block is cut short. */
function isRepeated(pin: string): boolean {
  for (let length = 1; length <= pin.length / 2; length++) {
    if (pin === pin.slice(0, length).repeat(pin.length).slice(0, pin.length)) return true;
  }
  return false;
}

const isPalindrome = (pin: string): boolean => pin === reversed(pin);

/** 123456, 97531, 890123: each digit as far from the one before; counting by one goes on from 9 with 0. */
const isRun = (pin: string): boolean =>
  isCounting(digitsOf(pin)) || UPWARDS.includes(pin) || UPWARDS.includes(reversed(pin));

/** 147 258, 951 753: rows, columns and diagonals of a keypad. */
const isOfLines = (pin: string): boolean =>
  pin.length % 3 === 0 && blocksOf(pin, 3).every((block) => isCounting(digitsOf(block)));

/** 10 20 30, 12 13 14, 14 25 36 */
const isOfCountedPairs = (pin: string): boolean => pin.length % 2 === 0 && isCounting(blocksOf(pin, 2));

/** Each as much more than the one before. */
const isCounting = (blocks: readonly string[]): boolean => {
  const steps = blocks.slice(1).map((block, i) => Number(block) - Number(blocks[i]));
  return steps.every((step) => step === steps[0]);
};

const blocksOf = (pin: string, length: number): string[] => pin.match(new RegExp(`.{${length}}`, 'g')) ?? [];

const digitsOf = (pin: string): string[] => Array.from(pin);

const reversed = (pin: string): string => digitsOf(pin).toReversed().join('');

const UPWARDS = '0123456789'.repeat(3);

const YEAR = '(?:19|20)[0-9]{2}';
const DAY = '(?:0?[1-9]|[12][0-9]|3[01])';
const MONTH = '(?:0?[1-9]|1[0-2])';
const ANY_YEAR = `(?:${YEAR}|[0-9]{2})`;
/** In any order that is in use, with or without leading zeros; months of a year; years. */
const DATE = new RegExp(
  `^(?:${[
    `${DAY}${MONTH}${ANY_YEAR}`,
    `${MONTH}${DAY}${ANY_YEAR}`,
    `${ANY_YEAR}${MONTH}${DAY}`,
    `${MONTH}${YEAR}`,
    `${YEAR}${MONTH}`,
    `(?:${YEAR})+`,
  ].join('|')})$`,
);

/** Of what no rule above finds, the beginning: known numbers, keypads followed around, what is said or sung in digits. */
const COMMON = `314159265358 141421356237 161803398874 112358132134 142857
   246810 1029384756 192837465 918273645 124578 235689
   147896325 741236985 963214785 123698745 369874125 789632145
   5201314 1314520 8675309`.split(/\s+/);

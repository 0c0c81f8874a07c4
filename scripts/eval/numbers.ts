import { InvalidArgumentError } from 'commander';

/** Parses an option of at most 6 digits. @param least that is taken */
export const wholeNumber =
  (least: number) =>
  (text: string): number => {
    const value = Number(text);
    if (!/^\d{1,6}$/.test(text) || value < least)
      throw new InvalidArgumentError(`A whole number from ${least} on is needed.`);
    return value;
  };

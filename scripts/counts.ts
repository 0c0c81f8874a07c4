import { InvalidArgumentError } from 'commander';

/** A whole number of at least 1 that a command is given. */
export function toCount(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new InvalidArgumentError('It is not a count.');
  return value;
}

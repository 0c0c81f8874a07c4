import type { ErrorCode } from '#contract';

/** A step of an examination, before it is carried out. */
export interface Check {
  readonly what: string;
  /** What was found. @throws what is wrong */
  readonly run: () => Promise<string>;
  /** By the code of what was thrown, or for anything. */
  readonly advice: Partial<Record<ErrorCode | 'other', string>>;
}

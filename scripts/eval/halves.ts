import { createHash } from 'node:crypto';

/** Limits are settled on one half of the people, figures are those of the other. */
export const HALVES = ['held-out', 'fitting'] as const;
export type Half = (typeof HALVES)[number];

/** Which half of all people a person belongs to, always the same. */
export const halfOf = (person: string): Half =>
  HALVES[createHash('sha256').update(person).digest()[0]! % HALVES.length]!;

import { z } from 'zod';

/**
 * The steps of an active-liveness challenge and what moves in each. Left and right are the visitor's own: a head turned
 * left points its nose to the right of the unmirrored picture. A nod goes down and comes back. A step that moves the head
 * shows depth, which a flat picture has none of; one that moves the face alone does not.
 */
export const STEP_MOTIONS = {
  'turn-left': 'head',
  'turn-right': 'head',
  blink: 'face',
  smile: 'face',
  nod: 'head',
} as const satisfies Record<string, 'head' | 'face'>;

export const ChallengeStep = z.enum(Object.keys(STEP_MOTIONS) as [keyof typeof STEP_MOTIONS]);
export type ChallengeStep = keyof typeof STEP_MOTIONS;
export const CHALLENGE_STEPS = ChallengeStep.options;

export const movesHead = (step: ChallengeStep): boolean => STEP_MOTIONS[step] === 'head';

import { z } from 'zod';

/**
 * Steps of an active-liveness challenge. Left and right are the visitor's own: a head turned left points its nose to
 * the right of the unmirrored picture. A nod goes down and comes back.
 */
export const CHALLENGE_STEPS = ['turn-left', 'turn-right', 'blink', 'smile', 'nod'] as const;
export const ChallengeStep = z.enum(CHALLENGE_STEPS);
export type ChallengeStep = z.infer<typeof ChallengeStep>;

import { LIMITS } from '#core/liveness';
import type { ImageAnalysis } from '#core/recognition';

/** The network for signs of an attack was made for faces with so much around them, in sides of the face's box. */
const SURROUNDINGS = 2.7;

/** A picture that tells nothing either way. */
const UNDECIDED = 0.5;

/**
 * How live a picture looks, 0..1. A picture cut closer than the network was made for tells nothing either way: of 153 genuine
 * portraits with 1.5 to 2.5 times the face's box, 1 in 20 scores below 0.1, and attacks cut as closely score high.
 * @param analysis asked for with `passive`
 */
export function liveLookOf({ width, height, face }: ImageAnalysis): number {
  if (face === null) return UNDECIDED;
  const { boundingBox: box, passive } = face;
  const surroundings = Math.min(width / box.width, height / box.height);
  return surroundings < SURROUNDINGS ? UNDECIDED : (passive?.live ?? UNDECIDED);
}

/** The network errs too often to be believed in more than its clearest findings. */
export const looksLive = (look: number): boolean => look >= LIMITS.passive.score;

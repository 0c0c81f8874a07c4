import { createHash, randomBytes } from 'node:crypto';
import type { NewFace } from '#core/store';
import { randomTemplate, seeded } from '../../../core/matching/testing/random-templates.ts';

export const COLLECTION = 'staff';

/**
 * A made-up person: the same for the same name.
 * @param pictureBytes of what stands for a picture; 0 for none
 */
export function personOf(name: string, modelId: string, dimension: number, pictureBytes = 0): NewFace {
  const hash = createHash('sha256').update(name).digest();
  const template = randomTemplate(dimension, seeded(hash.readUInt32LE()));
  return {
    faceId: faceIdOf(name),
    externalKey: name,
    references: [
      {
        modelId,
        template,
        quality: 0.9,
        source: 'camera',
        ...(pictureBytes > 0 && { image: randomBytes(pictureBytes) }),
      },
    ],
  };
}

export const faceIdOf = (name: string): string =>
  `face_${createHash('sha256').update(name).digest('hex').slice(0, 32)}`;

/** Whether an appliance deletes the i-th of its people again: every tenth. */
export const isDeletedAgain = (i: number): boolean => i % 10 === 9;

import { expect } from 'vitest';

/** What an answer says of the face in a picture of one person. */
export const DETECTED = {
  face: {
    confidence: expect.any(Number),
    boundingBox: {
      x: expect.any(Number),
      y: expect.any(Number),
      width: expect.any(Number),
      height: expect.any(Number),
    },
  },
  hasFace: true,
  unprocessedFaceCount: 0,
};

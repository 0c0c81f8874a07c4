import { describe, expect, it } from 'vitest';
import { measureLandmarkShift } from './landmark-shift.ts';
import type { ScoredBox } from './detect.ts';
import type { Point } from './types.ts';

const BOX: ScoredBox = { x: 100, y: 100, width: 200, height: 240, score: 1 };

/** 68 points that keep their places in the box, moved by `right` pixels. */
const pointsIn = ({ x, y, width, height }: ScoredBox, right = 0): Point[] =>
  Array.from({ length: 68 }, (_, i) => ({
    x: x + width * (0.2 + 0.6 * ((i * 7) % 10) * 0.1) + right,
    y: y + height * (0.2 + (0.6 * i) / 68),
  }));

describe('measureLandmarkShift', () => {
  it('is 0 where landmarks stay on the face', async () => {
    const landmarks = pointsIn(BOX);
    expect(await measureLandmarkShift(async () => landmarks, BOX, landmarks)).toBeCloseTo(0, 9);
  });

  it('grows with how far they follow the box', async () => {
    const follows = (share: number) =>
      measureLandmarkShift(
        async (box) => pointsIn(BOX, share * (box.x + box.width / 2 - BOX.x - BOX.width / 2)),
        BOX,
        pointsIn(BOX),
      );
    const [half, whole] = [await follows(0.5), await follows(1)];
    expect(half).toBeGreaterThan(0.5);
    expect(whole).toBeCloseTo(2 * half, 6);
  });

  it('does not depend on the size of the face', async () => {
    const large: ScoredBox = { x: 300, y: 300, width: 600, height: 720, score: 1 };
    const shift = (box: ScoredBox) => measureLandmarkShift(async (b) => pointsIn(b), box, pointsIn(box));
    expect(await shift(large)).toBeCloseTo(await shift(BOX), 6);
  });
});

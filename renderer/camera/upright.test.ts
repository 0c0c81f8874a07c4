import { describe, expect, it } from 'vitest';
import type { QuarterTurn } from '#contract';
import { placing } from './upright.ts';

const CAMERA = { width: 640, height: 480 };
const TURNS: readonly QuarterTurn[] = [0, 90, 180, 270];

/** Where a pixel of the camera's picture goes. */
function moved(turn: QuarterTurn, mirrored: boolean, x: number, y: number) {
  const { size, transform } = placing({ turn, mirrored }, CAMERA);
  const [a, b, c, d, e, f] = transform;
  return { size, x: a * x + c * y + e, y: b * x + d * y + f };
}

describe('the picture of a camera', () => {
  it.each([
    [0, { width: 640, height: 480 }, 0, 0],
    [90, { width: 480, height: 640 }, 480, 0],
    [180, { width: 640, height: 480 }, 640, 480],
    [270, { width: 480, height: 640 }, 0, 640],
  ] as const)(
    'turned by %d degrees clockwise has its first corner where that belongs',
    (turn, size, x, y) => {
      expect(moved(turn, false, 0, 0)).toMatchObject({ size, x, y });
    },
  );

  it('is as wide as it was high where it was turned, and loses no corner', () => {
    for (const turn of TURNS) {
      for (const mirrored of [false, true]) {
        const { size } = moved(turn, mirrored, 0, 0);
        const corners = [
          [0, 0],
          [640, 0],
          [0, 480],
          [640, 480],
        ].map(([x, y]) => moved(turn, mirrored, x!, y!));
        const seen = corners.map(({ x, y }) => `${x + 0},${y + 0}`).toSorted();
        expect(seen).toEqual(
          [`0,0`, `0,${size.height}`, `${size.width},0`, `${size.width},${size.height}`].toSorted(),
        );
      }
    }
  });

  it('mirrored back shows on the left what was on the right, however it was turned', () => {
    for (const turn of TURNS) {
      const plain = moved(turn, false, 100, 50);
      expect(moved(turn, true, 100, 50)).toMatchObject({ x: plain.size.width - plain.x, y: plain.y });
    }
  });
});

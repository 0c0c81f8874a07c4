import { describe, expect, test } from 'vitest';
import { estimateHeadPose } from './head-pose.ts';
import type { Point } from './types.ts';

const HEAD: [number, number, number, number][] = [
  [30, 0, 0, 0],
  [8, 0, 81, 30],
  [36, -45, -35, 44],
  [45, 45, -35, 44],
  [48, -28, 32, 33],
  [54, 28, 32, 33],
];

/** Landmarks of a head turned by yaw, then pitch, then roll (degrees), seen from far away. */
function photograph(yaw: number, pitch: number, roll: number, scale = 3): Point[] {
  const landmarks: Point[] = Array.from({ length: 68 }, () => ({ x: NaN, y: NaN }));
  const [cy, sy, cp, sp, cr, sr] = [yaw, pitch, roll].flatMap((d) => {
    const r = (d * Math.PI) / 180;
    return [Math.cos(r), Math.sin(r)];
  }) as [number, number, number, number, number, number];
  for (const [i, x, y, z] of HEAD) {
    const x1 = x * cy - z * sy;
    const z1 = x * sy + z * cy;
    const y1 = y * cp + z1 * sp;
    landmarks[i] = { x: 200 + scale * (x1 * cr - y1 * sr), y: 150 + scale * (x1 * sr + y1 * cr) };
  }
  return landmarks;
}

describe('estimateHeadPose', () => {
  test.each([
    [0, 0, 0],
    [30, 0, 0],
    [-40, 10, 0],
    [5, -25, 15],
    [20, 20, -30],
  ])('finds yaw %d, pitch %d, roll %d', (yaw, pitch, roll) => {
    const pose = estimateHeadPose(photograph(yaw, pitch, roll));
    expect(pose.yaw).toBeCloseTo(yaw, 6);
    expect(pose.pitch).toBeCloseTo(pitch, 6);
    expect(pose.roll).toBeCloseTo(roll, 6);
  });

  test('yaw is positive with the nose to the right, pitch with the nose up', () => {
    const frontal = photograph(0, 0, 0);
    const nose = frontal[30] as Point;
    const moved = (dx: number, dy: number): Point[] => frontal.with(30, { x: nose.x + dx, y: nose.y + dy });
    expect(estimateHeadPose(moved(40, 0)).yaw).toBeGreaterThan(5);
    expect(estimateHeadPose(moved(0, -40)).pitch).toBeGreaterThan(5);
  });
});

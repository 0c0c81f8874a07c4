import { describe, expect, it } from 'vitest';
import { byDominance, letterbox, overlap, suppressOverlaps, type ScoredBox } from './detect.ts';
import { apply, invert } from './transform.ts';

const box = (x: number, y: number, width: number, height: number, score = 0.9): ScoredBox => ({
  x,
  y,
  width,
  height,
  score,
});

describe('letterbox', () => {
  it.each([
    // The whole frame, bars at top and bottom, bars at the sides, enlarged.
    [640, 480, { x: 0, y: 0 }, { x: 320, y: 240 }],
    [640, 320, { x: 0, y: 40 }, { x: 320, y: 200 }],
    [480, 640, { x: 70, y: 0 }, { x: 250, y: 240 }],
    [150, 150, { x: 40, y: 0 }, { x: 280, y: 240 }],
  ])('puts %ix%i in the middle of the frame', (width, height, topLeft, bottomRight) => {
    const toFrame = invert(letterbox(width, height, 320, 240));
    const corners = [apply(toFrame, { x: 0, y: 0 }), apply(toFrame, { x: width, y: height })];
    for (const [i, expected] of [topLeft, bottomRight].entries()) {
      expect(corners[i]!.x).toBeCloseTo(expected.x, 9);
      expect(corners[i]!.y).toBeCloseTo(expected.y, 9);
    }
  });
});

describe('overlap', () => {
  it.each([
    ['equal boxes', box(0, 0, 10, 10), 1],
    ['half aside', box(5, 0, 10, 10), 50 / 150],
    ['a quarter inside', box(0, 0, 5, 5), 0.25],
    ['edges that touch', box(10, 0, 10, 10), 0],
    ['apart', box(20, 20, 5, 5), 0],
  ])('of %s', (_, other, expected) => {
    expect(overlap(box(0, 0, 10, 10), other)).toBeCloseTo(expected, 12);
    expect(overlap(other, box(0, 0, 10, 10))).toBeCloseTo(expected, 12);
  });
});

describe('suppressOverlaps', () => {
  it('keeps the best of each cluster, best first', () => {
    const [weak, strong, other] = [box(0, 0, 10, 10, 0.7), box(1, 1, 10, 10, 0.9), box(50, 50, 10, 10, 0.8)];
    expect(suppressOverlaps([weak, strong, other], 0.4)).toEqual([strong, other]);
  });

  it('lets a suppressed box suppress nothing', () => {
    // Each overlaps the next by 6/14, but the first and the last only by 2/18.
    const chain = [box(0, 0, 10, 10, 0.9), box(4, 0, 10, 10, 0.8), box(8, 0, 10, 10, 0.7)];
    expect(suppressOverlaps(chain, 0.4)).toEqual([chain[0], chain[2]]);
  });

  it('leaves neighbours alone', () => {
    const row = [box(0, 0, 10, 10, 0.9), box(8, 0, 10, 10, 0.8)];
    expect(suppressOverlaps(row, 0.4)).toEqual(row);
    expect(suppressOverlaps([], 0.4)).toEqual([]);
  });
});

describe('byDominance', () => {
  const centre = box(45, 45, 10, 10);
  it.each([
    ['the larger of two beside the middle', [box(30, 45, 10, 10), box(60, 40, 20, 20)], 1],
    ['the one in the middle over a slightly larger one at the side', [box(80, 40, 12, 12), centre], 1],
    ['a near face at the side over a small one in the middle', [centre, box(55, 20, 40, 60)], 1],
    ['the surer of two alike', [box(20, 45, 10, 10, 0.7), box(70, 45, 10, 10, 0.99)], 1],
  ])('prefers %s', (_, boxes, expected) => {
    expect(byDominance(boxes, 100, 100)[0]).toBe(boxes[expected]);
  });
});

import { describe, expect, it } from 'vitest';
import { nearestFirst, placementOf, poseOf, type SeenFace, viewOf } from './geometry.ts';

/** A face whose landmarks are the corners of a box given in fractions of the image. */
const face = (x: number, y: number, width: number, height: number): SeenFace => ({
  landmarks: [
    { x: x - width / 2, y: y - height / 2 },
    { x: x + width / 2, y: y + height / 2 },
  ],
  matrix: null,
});

const radians = (degrees: number): number => (degrees * Math.PI) / 180;

describe('viewOf', () => {
  it('keeps the height of a landscape picture and the width of a tall one', () => {
    expect(viewOf({ width: 640, height: 480 })).toEqual({ width: 0.5625, height: 1 });
    expect(viewOf({ width: 300, height: 400 })).toEqual({ width: 1, height: 1 });
    expect(viewOf({ width: 720, height: 1280 })).toEqual({ width: 1, height: 0.75 });
  });
});

describe('placementOf', () => {
  it('measures in fractions of the view, not of the picture', () => {
    const place = placementOf(face(0.5 + 0.1 * 0.5625, 0.4, 0.5625 / 2, 0.5), { width: 640, height: 480 });
    expect(place.x).toBeCloseTo(0.6);
    expect(place.y).toBeCloseTo(0.4);
    expect(place.width).toBeCloseTo(0.5);
    expect(place.height).toBeCloseTo(0.5);
    expect(place.cut).toBe(false);
  });

  it('sees that a face reaches over the edge of the picture', () => {
    expect(placementOf(face(0.1, 0.5, 0.3, 0.3), { width: 640, height: 480 }).cut).toBe(true);
  });
});

describe('nearestFirst', () => {
  it('puts the higher face first', () => {
    const [near, far] = [face(0.3, 0.5, 0.2, 0.4), face(0.7, 0.5, 0.1, 0.2)];
    const order = nearestFirst([far, near], { width: 640, height: 480 }).map(({ face }) => face);
    expect(order).toEqual([near, far]);
  });
});

describe('poseOf', () => {
  const still = [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 3, -2, -40, 1];

  it('finds no rotation in a pure translation', () => {
    expect(poseOf(still)).toEqual({ yaw: 0, pitch: 0, roll: 0 });
  });

  it('finds yaw, pitch and roll of rotations about each axis', () => {
    const [c, s] = [Math.cos(radians(20)), Math.sin(radians(20))];
    expect(poseOf([c, 0, -s, 0, 0, 1, 0, 0, s, 0, c, 0, 0, 0, 0, 1]).yaw).toBeCloseTo(20);
    expect(poseOf([1, 0, 0, 0, 0, c, -s, 0, 0, s, c, 0, 0, 0, 0, 1]).pitch).toBeCloseTo(20);
    expect(poseOf([c, s, 0, 0, -s, c, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1]).roll).toBeCloseTo(20);
  });
});

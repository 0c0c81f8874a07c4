import { describe, expect, it } from 'vitest';
import { faceAspect, mouthWidth, noseParallax } from './geometry.ts';
import { modelLandmarks } from './testing/model-head.ts';

const rest = modelLandmarks();

describe('parallax of the nose', () => {
  it.each([15, 20, 30])('of a head is seen at %i degrees, on the side it turns to', (yaw) => {
    const left = noseParallax(rest, modelLandmarks({ yaw })).x;
    expect(left).toBeGreaterThan(0.12);
    expect(noseParallax(rest, modelLandmarks({ yaw: -yaw })).x).toBeCloseTo(-left, 6);
  });

  it('of a nod points down', () => {
    expect(noseParallax(rest, modelLandmarks({ pitch: -15 })).y).toBeGreaterThan(0.1);
  });

  it.each([10, 25, 45])('of a picture is none at %i degrees', (yaw) => {
    const { x, y } = noseParallax(modelLandmarks({ depth: 0 }), modelLandmarks({ yaw, pitch: -8, depth: 0 }));
    expect(Math.hypot(x, y)).toBeLessThan(1e-6);
  });
});

describe('a face', () => {
  it('becomes narrower as it turns', () => {
    expect(faceAspect(modelLandmarks({ yaw: 30 })) / faceAspect(rest)).toBeCloseTo(Math.cos(Math.PI / 6), 1);
  });

  it('has a mouth as wide as it smiles, wherever it is', () => {
    const ratio = mouthWidth(modelLandmarks({ mouth: 1.2 })) / mouthWidth(rest);
    expect(ratio).toBeCloseTo(1.2, 6);
    const twice = rest.map(({ x, y }) => ({ x: 2 * x + 7, y: 2 * y - 9 }));
    expect(mouthWidth(twice)).toBeCloseTo(mouthWidth(rest), 6);
  });
});

import { describe, expect, it } from 'vitest';
import { faceAspect, lidlessAspect, mouthSpread, noseParallax } from './geometry.ts';
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

  it('is as wide with its lids down, although the landmarks of its eyes sink with them', () => {
    const sunk = rest.map(({ x, y }, i) => ({ x, y: [37, 38, 43, 44].includes(i) ? y + 24 : y }));
    expect(faceAspect(sunk) / faceAspect(rest)).toBeGreaterThan(1.05);
    expect(lidlessAspect(sunk) / lidlessAspect(rest)).toBeCloseTo(1, 6);
    const turned = modelLandmarks({ yaw: 30 });
    expect(lidlessAspect(turned) / lidlessAspect(rest)).toBeCloseTo(Math.cos(Math.PI / 6), 1);
  });
});

describe('a mouth', () => {
  const spread = (points: typeof rest): number => mouthSpread(points) / mouthSpread(rest);
  const raised = rest.map(({ x, y }, i) => ({ x, y: i === 48 || i === 54 ? y - 12 : y }));

  it('spreads as it widens and as its corners rise, wherever it is', () => {
    expect(spread(modelLandmarks({ mouth: 1.2 }))).toBeCloseTo(1.2, 6);
    expect(spread(raised)).toBeGreaterThan(1.1);
    expect(spread(rest.map(({ x, y }) => ({ x: 2 * x + 7, y: 2 * y - 9 })))).toBeCloseTo(1, 6);
  });

  it.each([
    ['turned', { yaw: 40, depth: 0 }],
    ['tilted', { pitch: -40, depth: 0 }],
    ['turned and tilted', { yaw: 25, pitch: 30, depth: 0 }],
  ])('does not spread in a picture that is %s', (_, look) => {
    expect(mouthSpread(modelLandmarks(look)) / mouthSpread(modelLandmarks({ depth: 0 }))).toBeLessThan(1.02);
  });

  it('counts landmarks that put it on the nose for no endless smile', () => {
    const wrong = rest.map(({ x, y }, i) => ({ x, y: i === 48 || i === 54 ? y - 60 : y }));
    expect(spread(wrong)).toBeLessThan(3);
  });
});

import { describe, expect, test } from 'vitest';
import { measureLight } from './face-light.ts';

const SIDE = 112;

/** A grey aligned face, luma by place. */
function face(luma: (x: number, y: number) => number): Float32Array {
  const plane = Float32Array.from({ length: SIDE * SIDE }, (_, i) => luma(i % SIDE, Math.floor(i / SIDE)));
  return new Float32Array([...plane, ...plane, ...plane]);
}

/** Waves of the given length in pixels. */
const waves = (length: number, amplitude = 40): Float32Array =>
  face(
    (x, y) => 128 + amplitude * Math.sin((2 * Math.PI * x) / length) * Math.sin((2 * Math.PI * y) / length),
  );

describe('measureLight', () => {
  test('a flat face has its luma and nothing else', () => {
    expect(measureLight(face(() => 100))).toEqual({
      meanLuma: expect.closeTo(100, 3) as number,
      contrast: expect.closeTo(0, 1) as number,
      darkShare: 0,
      brightShare: 0,
      imbalance: expect.closeTo(0, 6) as number,
      detail: expect.closeTo(0, 3) as number,
    });
  });

  test('luma weighs the colours', () => {
    const red = face(() => 200).fill(0, SIDE * SIDE);
    expect(measureLight(red).meanLuma).toBeCloseTo(0.299 * 200, 3);
  });

  test('a face lit from one side', () => {
    const { imbalance, darkShare } = measureLight(face((x) => (x < SIDE / 2 ? 20 : 180)));
    expect(imbalance).toBeCloseTo(160 / 200, 2);
    expect(darkShare).toBeCloseTo(0.5, 2);
  });

  test('glare counts as bright, and only on the face', () => {
    expect(measureLight(face(() => 255)).brightShare).toBe(1);
    expect(measureLight(face((x, y) => (x < 15 || y < 20 ? 255 : 128))).brightShare).toBe(0);
  });

  test('detail falls with blur and does not depend on contrast', () => {
    const fine = measureLight(waves(10)).detail;
    expect(fine).toBeGreaterThan(4 * measureLight(waves(20)).detail);
    expect(measureLight(waves(10, 10)).detail).toBeCloseTo(fine, 1);
  });
});

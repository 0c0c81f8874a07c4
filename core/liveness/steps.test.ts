import { describe, expect, it } from 'vitest';
import { PRINT_SIDE, type AnalysedFace, type Point } from '#core/recognition';
import { judgeStep, measureMotion } from './steps.ts';
import { modelFace, modelLandmarks, type Look } from './testing/model-head.ts';

/** Columns of a print that hold the middles of the eyes, and their row. */
const EYES = { left: 19, right: 37, row: 26 } as const;

/** A face of even skin with a dark iris in each open eye, and the rim of glasses or folds across a lid that is down: as much detail, and lighter. */
function seen(openness: number, open: { left: boolean; right: boolean }): AnalysedFace {
  const print = Uint8Array.from({ length: PRINT_SIDE ** 2 }, (_, i) => {
    const [x, y] = [i % PRINT_SIDE, Math.floor(i / PRINT_SIDE)];
    const skin = 150 + 40 * Math.sin(x / 9) * Math.cos(y / 11);
    for (const eye of ['left', 'right'] as const) {
      const [dx, dy] = [Math.abs(x - EYES[eye]), y - EYES.row];
      if (open[eye] && dx <= 2 && Math.abs(dy) <= 1) return 30;
      if (!open[eye] && dx <= 5 && Math.abs(dy) <= 2) return skin + (x % 4 < 2 ? 20 : -20);
    }
    return skin;
  });
  return { ...modelFace({ eyes: openness }), passive: { live: 0.9, print } };
}

const reshaped = (move: (point: Point, i: number) => Point, look: Look = {}): Point[] =>
  modelLandmarks(look).map(move);

const UPPER_LIDS = [37, 38, 43, 44];
const sunk = ({ x, y }: Point, i: number): Point => ({ x, y: UPPER_LIDS.includes(i) ? y + 24 : y });

describe('a blink', () => {
  const rest = seen(1, { left: true, right: true });

  it('is told by the pixels where landmarks follow the lids poorly', () => {
    const shut = measureMotion(rest, seen(0.97, { left: false, right: false }), 'blink');
    expect(judgeStep('blink', shut)).toBeNull();
  });

  it('is not told of a wink, nor where nothing but the landmarks moved a little', () => {
    const wink = measureMotion(rest, seen(0.97, { left: false, right: true }), 'blink');
    expect(judgeStep('blink', wink)).toBe('step-missing');
    const open = measureMotion(rest, seen(0.8, { left: true, right: true }), 'blink');
    expect(open.eyes).toBeCloseTo(0.8);
    expect(judgeStep('blink', open)).toBe('step-missing');
  });

  it('keeps its shape where the landmarks of the eyes sink with their lids', () => {
    const shut = { ...seen(0.5, { left: false, right: false }), landmarks: reshaped(sunk) };
    expect(measureMotion(rest, shut, 'blink').narrowing).toBeCloseTo(1, 6);
    expect(measureMotion(rest, shut, 'smile').narrowing).toBeGreaterThan(1.05);
  });
});

describe.each(['blink', 'smile'] as const)('a %s', (step) => {
  const look = { eyes: 0.4, mouth: 1.3 };
  const inShape = (width: number): ReturnType<typeof judgeStep> => {
    const face = { ...modelFace(look), landmarks: reshaped(({ x, y }) => ({ x: width * x, y }), look) };
    return judgeStep(step, measureMotion(modelFace(), face, step));
  };

  it.each([0.85, 1.25])('of a face that became %f times as wide may be a picture that bends', (width) => {
    expect(inShape(1)).toBeNull();
    expect(inShape(width)).toBe('not-a-head');
  });
});

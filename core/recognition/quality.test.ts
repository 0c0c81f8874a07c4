import { describe, expect, test } from 'vitest';
import { Quality } from '#contract';
import { ADVICE_GATE, checkGate, ENROLMENT_GATE, RECOGNITION_GATE, VISIT_GATE } from './quality-gate.ts';
import { measureFace, rateQuality, type FaceMeasurements } from './quality.ts';
import { GOOD_FACE } from './testing/measurements.ts';
import type { Point } from './types.ts';

const score = (change: Partial<FaceMeasurements>): number => rateQuality({ ...GOOD_FACE, ...change }).score;

/** An eye of 30 by 12 pixels. */
const eye = (x: number): Point[] =>
  [
    [0, 0],
    [10, -6],
    [20, -6],
    [30, 0],
    [20, 6],
    [10, 6],
  ].map(([dx, dy]) => ({ x: x + dx!, y: 100 + dy! }));

describe('measureFace', () => {
  const landmarks = [
    ...Array.from({ length: 36 }, (_, i) => ({ x: 100 + i, y: 130 })),
    ...eye(100),
    ...eye(170),
    ...Array.from({ length: 20 }, (_, i) => ({ x: 120 + i, y: 160 })),
  ];
  const view = {
    aligned: new Float32Array(3 * 112 * 112).fill(100),
    landmarks,
    image: { width: 640, height: 480 },
    confidence: 0.9,
    embeddingNorm: null,
    landmarkShift: 1,
    surroundLuma: 90,
  };

  test('measures eyes in pixels and by their shape', () => {
    const face = measureFace(view);
    expect(face.interOcular).toBeCloseTo(70);
    expect(face.eyeOpenness).toBeCloseTo(12 / 30);
    expect(face).toMatchObject({ insideShare: 1, confidence: 0.9, embeddingNorm: null });
  });

  test('counts the landmarks that the image cuts off', () => {
    const { insideShare } = measureFace({ ...view, image: { width: 640, height: 150 } });
    expect(insideShare).toBeCloseTo(48 / 68);
  });
});

describe('rateQuality', () => {
  test('nothing can be gained on a good face', () => {
    const quality = Quality.parse(rateQuality(GOOD_FACE));
    expect(quality).toMatchObject({ score: 1, components: { sharpness: 1, pose: 1, distinctness: 1 } });
  });

  test.each<Partial<FaceMeasurements>>([
    { detail: 0.1 },
    { meanLuma: 30 },
    { brightShare: 0.4 },
    { imbalance: 0.4 },
    { interOcular: 10 },
    { yaw: 45 },
    { pitch: -35 },
    { confidence: 0.8 },
    { embeddingNorm: 2.7 },
  ])('falls with %o, and stays above 0', (change) => {
    expect(score(change)).toBeLessThan(0.99);
    expect(score(change)).toBeGreaterThan(0);
  });

  test('is defined at the edges of every measurement', () => {
    const worst = rateQuality({
      ...GOOD_FACE,
      detail: 0,
      meanLuma: 0,
      interOcular: 0,
      confidence: 0,
      embeddingNorm: 0,
    });
    expect(Quality.parse(worst).score).toBeGreaterThan(0);
    expect(Quality.parse(rateQuality({ ...GOOD_FACE, confidence: 1 })).score).toBe(1);
  });

  test('before there is a template, the rest speaks alone', () => {
    const { score, components } = rateQuality({ ...GOOD_FACE, detail: 0.1, embeddingNorm: null });
    expect(components.distinctness).toBeNull();
    expect(score).toBeLessThan(rateQuality({ ...GOOD_FACE, detail: 0.1 }).score);
  });
});

describe('checkGate', () => {
  test.each<[string, Partial<FaceMeasurements>]>([
    ['face-too-small', { interOcular: 10 }],
    ['face-cut-off', { insideShare: 0.7 }],
    ['too-dark', { meanLuma: 20, surroundLuma: 20 }],
    ['too-dark', { darkShare: 0.7 }],
    ['backlit', { meanLuma: 20, surroundLuma: 60 }],
    ['too-bright', { meanLuma: 240 }],
    ['too-bright', { brightShare: 0.7 }],
    ['uneven-light', { imbalance: 0.6 }],
    ['blurred', { detail: 0.03 }],
    ['blurred', { contrast: 3 }],
    ['turned-away', { yaw: -60 }],
    ['turned-away', { pitch: 45 }],
    ['head-tilted', { roll: -55 }],
    ['eyes-closed', { eyeOpenness: 0.05 }],
    ['face-covered', { confidence: 0.7 }],
    ['face-covered', { embeddingNorm: 2.2 }],
    ['face-covered', { landmarkShift: 5 }],
    ['blurred', { spoiling: { code: 'blurred', likeness: 1.1 } }],
    ['not-upright', { turn: 180 }],
  ])('%s: %o', (code, change) => {
    expect(checkGate(RECOGNITION_GATE, { ...GOOD_FACE, ...change })).toEqual([code]);
    expect(checkGate(ENROLMENT_GATE, { ...GOOD_FACE, ...change })).toEqual([code]);
  });

  test('lets a good face pass, also before there is a template', () => {
    expect(checkGate(ENROLMENT_GATE, GOOD_FACE)).toEqual([]);
    expect(checkGate(ENROLMENT_GATE, { ...GOOD_FACE, embeddingNorm: null })).toEqual([]);
  });

  test('enrolment asks for more than recognition', () => {
    const passable = { ...GOOD_FACE, interOcular: 25, yaw: 40, eyeOpenness: 0.12 };
    expect(checkGate(RECOGNITION_GATE, passable)).toEqual([]);
    expect(checkGate(ENROLMENT_GATE, passable)).toEqual(['face-too-small', 'turned-away', 'eyes-closed']);
  });

  test('a picture on its side is called that, whatever follows from it', () => {
    const face = { ...GOOD_FACE, turn: 90, yaw: 70, detail: 0.01, landmarkShift: 20 } as const;
    expect(checkGate(RECOGNITION_GATE, face)).toEqual(['not-upright']);
  });

  test('likeness to spoiled pictures up to the limit passes', () => {
    expect(
      checkGate(RECOGNITION_GATE, { ...GOOD_FACE, spoiling: { code: 'blurred', likeness: 0.9 } }),
    ).toEqual([]);
  });

  const covered = { code: 'mouth-covered', likeness: 1.1 } as const;

  test('a visit and an enrolment at the camera refuse a cover, whatever it does to the light', () => {
    const face = { ...GOOD_FACE, brightShare: 0.7, cover: covered };
    expect(checkGate(VISIT_GATE, face)).toEqual(['mouth-covered']);
    expect(checkGate(ENROLMENT_GATE, face)).toEqual(['mouth-covered']);
    expect(checkGate(VISIT_GATE, { ...GOOD_FACE, cover: { ...covered, likeness: 0.9 } })).toEqual([]);
  });

  test('in the dark nothing is said of covers', () => {
    const face = { ...GOOD_FACE, meanLuma: 10, surroundLuma: 10, cover: covered };
    expect(checkGate(VISIT_GATE, face)).toEqual(['too-dark']);
  });

  test('a picture from elsewhere is not refused for a cover, but a refused one names it', () => {
    expect(checkGate(RECOGNITION_GATE, { ...GOOD_FACE, cover: covered })).toEqual([]);
    const spoiling = { code: 'face-covered', likeness: 1.5 } as const;
    expect(checkGate(RECOGNITION_GATE, { ...GOOD_FACE, cover: covered, spoiling })).toEqual([
      'mouth-covered',
    ]);
    expect(checkGate(RECOGNITION_GATE, { ...GOOD_FACE, cover: covered, landmarkShift: 5 })).toEqual([
      'mouth-covered',
    ]);
  });

  test('a visit lets pass what mostly matches, and says what it may have been once it does not', () => {
    const blurred = { code: 'blurred', likeness: 2 } as const;
    const bare = { code: 'eyes-covered', likeness: 0 } as const;
    const face = { ...GOOD_FACE, interOcular: 12, spoiling: blurred, cover: bare };
    expect(checkGate(RECOGNITION_GATE, face)).toEqual(['face-too-small']);
    expect(checkGate(VISIT_GATE, face)).toEqual([]);
    expect(checkGate(ADVICE_GATE, { ...GOOD_FACE, spoiling: blurred })).toEqual(['blurred']);
    expect(checkGate(ADVICE_GATE, { ...GOOD_FACE, meanLuma: 60, surroundLuma: 200 })).toEqual(['backlit']);
    expect(checkGate(VISIT_GATE, { ...GOOD_FACE, meanLuma: 60, surroundLuma: 200 })).toEqual([]);
  });

  test('a visit with a network that has no table of covers is as strict on likeness as before', () => {
    const spoiling = { code: 'blurred', likeness: 2 } as const;
    expect(checkGate(VISIT_GATE, { ...GOOD_FACE, spoiling, cover: null })).toEqual(['blurred']);
  });

  test('a known reason is named instead of a cover', () => {
    const like = { code: 'face-covered', likeness: 3 } as const;
    expect(
      checkGate(RECOGNITION_GATE, { ...GOOD_FACE, meanLuma: 20, surroundLuma: 20, spoiling: like }),
    ).toEqual(['too-dark']);
    expect(
      checkGate(RECOGNITION_GATE, { ...GOOD_FACE, meanLuma: 20, surroundLuma: 20, embeddingNorm: 2 }),
    ).toEqual(['too-dark']);
  });
});

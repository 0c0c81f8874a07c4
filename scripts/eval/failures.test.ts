import { describe, expect, it } from 'vitest';
import { ENROLMENT_GATE, RECOGNITION_GATE, type FaceMeasurements } from '#core/recognition';
import { GOOD_FACE } from '../../core/recognition/testing/measurements.ts';
import { countFailures } from './failures.ts';
import type { Enrolment } from './templates.ts';

const image = (change: Partial<Enrolment>): Enrolment => ({
  person: 'Ada',
  path: 'Ada/1.jpg',
  template: new Float32Array(512),
  failure: null,
  measurements: GOOD_FACE,
  milliseconds: {},
  ...change,
});
const face = (change: Partial<FaceMeasurements>) => image({ measurements: { ...GOOD_FACE, ...change } });
const none = { template: null, measurements: null };

const images = [
  image({}),
  image({ ...none, failure: 'no-face' }),
  image({ ...none, failure: 'image-corrupt' }),
  face({ interOcular: 25 }),
  face({ interOcular: 10, yaw: 60 }),
];

describe('countFailures', () => {
  it('counts images without a template', () => {
    expect(countFailures(images)).toEqual({
      images: 2,
      rate: 2 / 5,
      reasons: { 'no-face': 1, 'image-corrupt': 1 },
    });
  });

  it.each([
    [RECOGNITION_GATE, 3, 1],
    [ENROLMENT_GATE, 4, 2],
  ])('adds what a gate refuses, once per image, for all its reasons', (gate, failed, small) => {
    const { images: count, reasons } = countFailures(images, gate);
    expect(count).toBe(failed);
    expect(reasons).toMatchObject({ 'face-too-small': small, 'turned-away': 1, 'no-face': 1 });
  });
});

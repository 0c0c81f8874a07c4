import { expect, it } from 'vitest';
import { ModelSetName } from '#contract';
import { portrait, sample, WEIGHTS_DIR, type Portrait } from '../../core/recognition/testing/images.ts';
import { comparePrepared } from './prepared.ts';

/** Faces of several people, cut out of the sample photographs. */
const PORTRAITS: readonly Portrait[] = [
  [1, 1290, 60, 560, 560],
  [3, 900, 50, 560, 700],
  [3, 420, 150, 500, 600],
];

const images = [
  ...[1, 2, 3, 4, 5, 6].map((number) => () => sample(number)),
  ...PORTRAITS.map((part) => () => portrait(...part)),
];

// Templates keep the identity of the published network, so the prepared one has to make the same ones.
it.each(ModelSetName.options)('networks of the set "%s" answer as before they were prepared', async (set) => {
  const agreement = await comparePrepared(WEIGHTS_DIR, set, images);
  expect(agreement).toMatchObject({ compared: images.length, differing: 0 });
  expect(agreement.leastCosine).toBeGreaterThanOrEqual(0.999_999);
  expect(agreement.largestLandmarkShift).toBeLessThan(1e-4);
  expect(agreement.largestLiveDifference).toBeLessThan(1e-4);
});

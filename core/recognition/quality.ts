import type { Quality, QualityCode, QualityComponents, QuarterTurn } from '#contract';
import { fivePoints } from './align.ts';
import { measureLight, type FaceLight } from './face-light.ts';
import { estimateHeadPose, type HeadPose } from './head-pose.ts';
import type { Point } from './types.ts';

/** What quality is read from. */
export interface FaceView {
  /** Planes R, G, B of the face aligned to 112 x 112 pixels, 0..255. */
  readonly aligned: Float32Array;
  /** 68 landmarks (iBUG order) in pixels of the image. */
  readonly landmarks: readonly Point[];
  readonly image: { readonly width: number; readonly height: number };
  /** The detector's score, 0..1, as `Detector.confidence` scales it. */
  readonly confidence: number;
  /** Length of the embedding before it is normalised; null before a template is made, and where it tells nothing. */
  readonly embeddingNorm: number | null;
  /** See `measureLandmarkShift`. */
  readonly landmarkShift: number;
  /** See `measureSurroundings`. */
  readonly surroundLuma: number;
}

/**
 * The kind of spoiled picture that a face is most like. `likeness` is 0 for the typical untouched picture and 1 at the
 * limit of its kind, which few untouched pictures and most spoiled ones exceed.
 */
export interface SpoilingFinding {
  readonly code: QualityCode;
  readonly likeness: number;
}

/** Properties of a face in an image, in units of their own. */
export interface FaceMeasurements extends FaceLight, HeadPose {
  /** Mean luma of the picture around the head, 0..255. */
  readonly surroundLuma: number;
  /** Distance between the centres of the eyes, in pixels. */
  readonly interOcular: number;
  /** Share of the landmarks that lie inside the image, 0..1. */
  readonly insideShare: number;
  /** Mean eye aspect ratio (Soukupova and Cech, 2016): about 0.3 open, 0.15 in a blink. */
  readonly eyeOpenness: number;
  readonly confidence: number;
  readonly embeddingNorm: number | null;
  /** How far landmarks move when looked for again; see `measureLandmarkShift`. */
  readonly landmarkShift: number;
  /** Null before a template is made, and for a model that has no table of spoiled pictures. */
  readonly spoiling: SpoilingFinding | null;
  /** What covers a part of the face; null as above. */
  readonly cover: SpoilingFinding | null;
  /** By how much the picture has to be turned clockwise for a good face to be upright in it. */
  readonly turn: QuarterTurn;
}

/** What one look at one face says; how it compares with others is added by who can. */
export function measureFace(view: FaceView): Omit<FaceMeasurements, 'spoiling' | 'cover' | 'turn'> {
  const { aligned, landmarks, image, confidence, embeddingNorm, landmarkShift, surroundLuma } = view;
  const [leftEye, rightEye] = fivePoints(landmarks) as [Point, Point];
  const inside = landmarks.filter(({ x, y }) => x >= 0 && y >= 0 && x <= image.width && y <= image.height);
  return {
    ...measureLight(aligned),
    ...estimateHeadPose(landmarks),
    surroundLuma,
    interOcular: distance(leftEye, rightEye),
    insideShare: inside.length / landmarks.length,
    eyeOpenness: (aspectRatio(landmarks.slice(36, 42)) + aspectRatio(landmarks.slice(42, 48))) / 2,
    confidence,
    embeddingNorm,
    landmarkShift,
  };
}

/**
 * Rate a face. Each component falls from 1, where more gains nothing, to 0, where recognition fails; the ends were
 * read off images made worse step by step (reduced, blurred, darkened, lit from one side, covered).
 */
export function rateQuality(face: FaceMeasurements): Quality {
  const components: QualityComponents = {
    sharpness: ramp(Math.log(face.detail), Math.log(0.04), Math.log(0.4)),
    exposure: Math.min(
      ramp(face.meanLuma, 15, 60),
      ramp(face.meanLuma, 240, 190),
      ramp(face.contrast, 4, 14),
      ramp(face.darkShare, 0.6, 0.05),
      ramp(face.brightShare, 0.7, 0.05),
      ramp(face.imbalance, 0.6, 0.15),
    ),
    size: ramp(face.interOcular, 6, 18),
    pose: ramp(Math.hypot(face.yaw, face.pitch), 60, 10),
    eyes: ramp(face.eyeOpenness, 0.08, 0.2),
    detection: ramp(-Math.log10(1 - face.confidence), 0.3, 3.5),
    // The embedder was trained to push apart what it can tell apart: an unclear face stays near the origin.
    distinctness: face.embeddingNorm === null ? null : ramp(face.embeddingNorm, 2, 4),
  };
  return { score: scoreOf(components), components };
}

/**
 * What each component adds to the score; fitted on half of the people of a labelled set. Closed eyes do not hinder
 * this embedder, so they weigh nothing: they are a matter for the gates.
 */
const WEIGHTS: Readonly<Record<keyof QualityComponents, number>> = {
  sharpness: 1,
  exposure: 0.5,
  size: 0.5,
  pose: 0.5,
  eyes: 0,
  detection: 2,
  distinctness: 3,
};

/** A component of 0 costs much, but leaves the others a say in the order of bad images. */
const FLOOR = 0.02;

/** Weighted geometric mean of the components that are known. */
function scoreOf(components: QualityComponents): number {
  let sum = 0;
  let weights = 0;
  for (const [name, weight] of Object.entries(WEIGHTS)) {
    const value = components[name as keyof QualityComponents];
    if (value === null) continue;
    sum += weight * Math.log(Math.max(value, FLOOR));
    weights += weight;
  }
  return Math.exp(sum / weights);
}

/** 0 at `worst` and beyond, 1 at `best` and beyond, a line in between. */
function ramp(value: number, worst: number, best: number): number {
  return Math.min(1, Math.max(0, (value - worst) / (best - worst)));
}

/** Height over width of an eye's six landmarks. */
function aspectRatio(eye: readonly Point[]): number {
  const [outer, top1, top2, inner, bottom2, bottom1] = eye as [Point, Point, Point, Point, Point, Point];
  return (distance(top1, bottom1) + distance(top2, bottom2)) / (2 * distance(outer, inner));
}

const distance = (a: Point, b: Point): number => Math.hypot(a.x - b.x, a.y - b.y);

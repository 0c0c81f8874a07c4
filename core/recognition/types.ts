import type { BoundingBox } from '#contract';
import type { FaceMeasurements } from './quality.ts';

/** A decoded image, upright: interleaved 8-bit RGB rows, `data.length === width * height * 3`. */
export interface RgbImage {
  readonly data: Uint8Array;
  readonly width: number;
  readonly height: number;
}

/**
 * A point in pixels of an upright image, fractions included: the centre of the top left pixel is (0.5, 0.5).
 */
export interface Point {
  readonly x: number;
  readonly y: number;
}

/** L2-normalised embedding of {@link Recognizer.dimension} numbers. */
export type Template = Float32Array;

/** One detected face; `confidence` in 0..1, `boundingBox` in pixels of the upright image. */
export interface DetectedFace {
  readonly confidence: number;
  readonly boundingBox: BoundingBox;
}

/** The dominant face with everything derived from it. */
export interface AnalysedFace extends DetectedFace {
  /** 68 points in the iBUG order. */
  readonly landmarks: readonly Point[];
  readonly template: Template;
  /** What quality is rated and gated by; sizes in pixels of the image as it was analysed. */
  readonly measurements: FaceMeasurements;
}

/** The steps of an analysis, in order. */
export const STAGES = ['decode', 'detect', 'landmarks', 'align', 'embed'] as const;
export type Stage = (typeof STAGES)[number];

/** What one image says. `face` is the dominant face; `others` the ones left unprocessed. */
export interface ImageAnalysis {
  readonly width: number;
  readonly height: number;
  readonly face: AnalysedFace | null;
  readonly others: readonly DetectedFace[];
  /** Time each step took; without a face only the first two ran. */
  readonly milliseconds: Readonly<Partial<Record<Stage, number>>>;
}

/** Turns images into templates, off the event loop. */
export interface Recognizer {
  /** Identity of the embedding model: templates of different models are never compared. */
  readonly modelId: string;
  /** How many numbers its templates have. */
  readonly dimension: number;
  /** Calls that may run at once; more wait in a bounded queue. */
  readonly concurrency: number;
  /**
   * Decode, detect, find landmarks, align and embed the dominant face.
   * @param image encoded JPEG or PNG
   * @throws LintelError `image-*` for input that cannot be decoded, `busy` when the queue is full
   */
  analyse(image: Uint8Array): Promise<ImageAnalysis>;
  close(): Promise<void>;
}

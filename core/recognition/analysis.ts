import type { BoundingBox, QuarterTurn } from '#contract';
import type { FaceMeasurements } from './quality.ts';
import type { RegionColours } from './region-colours.ts';
import type { Point, Template } from './types.ts';

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
  /** Null unless it was asked for. */
  readonly passive: PassiveFindings | null;
  /** What face-api would make of it, see `describeFace`; where it was asked for. */
  readonly descriptor?: Float32Array;
  /** Where they were asked for. */
  readonly colours?: RegionColours;
}

/** What the pixels alone say about whether a live person was photographed. */
export interface PassiveFindings {
  /** Likelihood of a live face, 0..1; see `scoreLive`. Null where the set of networks has none for it. */
  readonly live: number | null;
  /** Luma 0..255 of the aligned face, `PRINT_SIDE` squared: tells copies of a picture from other pictures. */
  readonly print: Uint8Array;
}

export interface AnalyseOptions {
  /** Also score signs of a presentation attack; about 8 ms more. */
  readonly passive?: boolean;
  /** Also make a descriptor; about 25 ms more, and a network more in memory from the first time on. */
  readonly descriptor?: boolean;
  /** Also measure the colours of the face's parts and of the background; about 2 ms more. */
  readonly colours?: boolean;
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
  /**
   * By how much the image has to be turned clockwise for a good face to be upright in it: not 0 only where there is none as
   * the image is. Faces are described as the image is all the same.
   */
  readonly turn: QuarterTurn;
  /** Mean of the whole picture, ITU-R BT.601, 0..255. */
  readonly luma: number;
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
  analyse(image: Uint8Array, options?: AnalyseOptions): Promise<ImageAnalysis>;
  /** Resolves when one of the threads finished with any image, however that went. */
  answers(): Promise<void>;
  close(): Promise<void>;
}

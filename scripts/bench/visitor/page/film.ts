import type { ChallengeStep } from '#contract';

/** Frames of one stretch of time, by their numbers in the film. */
export interface Take {
  readonly frames: readonly number[];
}

/** One step done once. */
export interface StepTake extends Take {
  readonly step: ChallengeStep;
}

/** Everything that a visitor of the benchmark can be seen to do: JPEGs one after the other, and where each begins. */
export interface Film {
  readonly width: number;
  readonly height: number;
  readonly framesPerSecond: number;
  /** Where each frame begins in the file, and where the last one ends. */
  readonly offsets: readonly number[];
  /** The room without anybody, standing, and each step several times. */
  readonly empty: number;
  readonly standing: Take;
  readonly steps: readonly StepTake[];
  /** The light of a square of so many pixels by each corner of the screen at full, relative to the room's: rows, columns, corners. */
  readonly light: { readonly cell: number; readonly shares: readonly number[] };
}

/** What is drawn of one visit. Milliseconds. */
export interface Temper {
  /** From when a step is asked to when it begins, for each in turn. */
  readonly reactions: readonly number[];
  /** From the screen to the camera's picture. */
  readonly latency: number;
  /** Which take of a step is the first. */
  readonly take: number;
}

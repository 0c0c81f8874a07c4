import type { Alignment } from './align.ts';
import type { ScoredBox } from './detect.ts';
import type { Network } from './network.ts';
import type { View } from './raster.ts';
import type { Point } from './types.ts';
import type { NetworkFile } from './weights.ts';

export interface Detector extends NetworkFile {
  /** Every face in the image, highest score first. */
  detect(network: Network, image: View): Promise<ScoredBox[]>;
  /** A score on the scale that gates and ratings are set on, RFB-320's; 0..1, never falling. */
  confidence(score: number): number;
}

export interface Landmarker extends NetworkFile {
  /** The 68 landmarks of the face in the box (iBUG order), in pixels of the image. */
  locate(network: Network, image: View, box: ScoredBox): Promise<Point[]>;
}

export interface Embedder extends NetworkFile {
  /** How many numbers an embedding has. */
  readonly dimension: number;
  readonly alignment: Alignment;
  /** Whether an embedding is shorter the less clear the face is. */
  readonly normTells: boolean;
  /** The embedding, of any length, of planes R, G, B of an aligned face, 0..255. */
  embed(network: Network, aligned: Float32Array): Promise<Float32Array>;
}

/** What an analysis runs, one after the other. */
export interface NetworkSet {
  readonly detector: Detector;
  readonly landmarker: Landmarker;
  readonly embedder: Embedder;
  /** Tells prints and screens from live faces; see `scoreLive`. */
  readonly passive: NetworkFile | null;
}

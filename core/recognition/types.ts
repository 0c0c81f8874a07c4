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

/** L2-normalised embedding of `Recognizer.dimension` numbers. */
export type Template = Float32Array;

/** One picture of a clip: `at` in milliseconds of the clip, and the faces the kiosk's own landmarker finds in it. */
export interface PlayedFrame {
  readonly at: number;
  readonly faces: readonly {
    readonly points: readonly number[];
    readonly matrix: readonly number[] | null;
  }[];
}

export interface PlayedClip {
  readonly width: number;
  readonly height: number;
  readonly frames: readonly PlayedFrame[];
}

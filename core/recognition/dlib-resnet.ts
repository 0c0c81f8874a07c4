import type { Embedder } from './networks.ts';

const SIDE = 150;

/** Means of red, green and blue that the network was trained with. */
const MEANS = [122.782, 117.001, 104.298] as const;

/** dlib's face recognition network, a ResNet of 29 convolutions. */
export const DLIB_RESNET: Embedder = {
  file: 'dlib_resnet.onnx',
  shape: [1, 3, SIDE, SIDE],
  dimension: 128,
  // Medians of 120 faces: 1.42 untouched, 1.40 with a mask drawn on, 1.38 with dark glasses, 1.42 blurred.
  normTells: false,
  /**
   * The medians over 399 faces that were aligned as dlib does it (eye corners and base of the nose onto its mean face,
   * with a quarter of padding).
   */
  alignment: {
    side: SIDE,
    points: [
      { x: 47.58, y: 46.94 },
      { x: 100.45, y: 46.71 },
      { x: 73.36, y: 76.71 },
      { x: 51.47, y: 104.77 },
      { x: 96.47, y: 104.75 },
    ],
  },

  async embed(network, aligned) {
    const plane = SIDE * SIDE;
    const input = aligned.map((value, i) => (value - MEANS[Math.floor(i / plane)]!) / 256);
    return (await network.run(input, 'output')).output;
  },
};

import { letterbox, suppressOverlaps, type ScoredBox } from './detect.ts';
import type { Detector } from './networks.ts';
import type { Similarity } from './transform.ts';

const WIDTH = 320;
const HEIGHT = 240;
const SCALING = { minus: 127, times: 1 / 128 } as const;

/** Lowest score of a face and highest overlap of two, as measured (models/manifest.json). */
const MINIMUM_SCORE = 0.65;
const MAXIMUM_OVERLAP = 0.4;

/** Ultra-Light-Fast-Generic-Face-Detector RFB-320. */
export const RFB_320: Detector = {
  file: 'fr_detect.onnx',
  shape: [1, 3, HEIGHT, WIDTH],

  async detect(network, image) {
    const toImage = letterbox(image.width, image.height, WIDTH, HEIGHT);
    const { scores, boxes } = await image.lend(toImage, WIDTH, HEIGHT, SCALING, (input) =>
      network.run(input, 'scores', 'boxes'),
    );
    return suppressOverlaps(readBoxes(scores, boxes, toImage), MAXIMUM_OVERLAP);
  },

  confidence: (score) => score,
};

/** Scores are (background, face) pairs; boxes x1 y1 x2 y2 in 0..1 of the letterboxed frame. */
function readBoxes(scores: Float32Array, boxes: Float32Array, toImage: Similarity): ScoredBox[] {
  const found: ScoredBox[] = [];
  for (let i = 0; i < scores.length / 2; i++) {
    const score = scores[2 * i + 1]!;
    if (score <= MINIMUM_SCORE) continue;
    const [x1, y1, x2, y2] = boxes.subarray(4 * i, 4 * i + 4) as unknown as [number, number, number, number];
    const width = (x2 - x1) * WIDTH * toImage.a;
    const height = (y2 - y1) * HEIGHT * toImage.a;
    if (!(width >= 1 && height >= 1)) continue;
    found.push({
      x: x1 * WIDTH * toImage.a + toImage.tx,
      y: y1 * HEIGHT * toImage.a + toImage.ty,
      width,
      height,
      score: Math.min(score, 1),
    });
  }
  return found;
}

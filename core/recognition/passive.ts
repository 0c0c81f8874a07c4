import type { ScoredBox } from './detect.ts';
import type { Network } from './network.ts';
import type { View } from './raster.ts';

const SIDE = 128;
export const PASSIVE = { file: 'fr_liveness.onnx', shape: [1, 3, SIDE, SIDE] } as const;

/** The network judges a face in its surroundings: this many times the box, or what the frame holds. */
const SURROUNDINGS = 2.7;

/**
 * How likely the face is a live one rather than a print or a screen, 0..1, by looks alone. A weak signal: some genuine
 * pictures score low and some replays high (docs/liveness.md).
 */
export async function scoreLive(network: Network, image: View, box: ScoredBox): Promise<number> {
  const crop = surroundings(image, box);
  // Square input from a crop that is not: sampled at the crop's shape, then stretched across.
  const columns = Math.max(1, Math.round((SIDE * crop.width) / crop.height));
  const unit = crop.height / SIDE;
  const sampled = image.sample({ a: unit, b: 0, tx: crop.x, ty: crop.y }, columns, SIDE);
  const { output } = await network.run(toBgr(sampled, columns), 'output');
  return softmax(output)[0] ?? 0;
}

/** The box grown around its centre and shifted to lie inside the image. */
function surroundings(image: View, box: ScoredBox): Omit<ScoredBox, 'score'> {
  const scale = Math.min(SURROUNDINGS, image.width / box.width, image.height / box.height);
  const width = box.width * scale;
  const height = box.height * scale;
  return {
    x: inside(box.x + box.width / 2, width, image.width),
    y: inside(box.y + box.height / 2, height, image.height),
    width,
    height,
  };
}

/** Where a stretch of this length starts, as near to its centre as the limit lets it. */
const inside = (centre: number, length: number, limit: number): number =>
  Math.min(Math.max(centre - length / 2, 0), limit - length);

/** Planes R, G, B of `columns` x 128 to planes B, G, R of 128 x 128, linear across. */
function toBgr(rgb: Float32Array, columns: number): Float32Array {
  const bgr = new Float32Array(3 * SIDE * SIDE);
  for (let x = 0; x < SIDE; x++) {
    const at = Math.min(Math.max(((x + 0.5) * columns) / SIDE - 0.5, 0), columns - 1);
    const left = Math.floor(at);
    const right = Math.min(left + 1, columns - 1);
    const f = at - left;
    for (let c = 0; c < 3; c++) {
      for (let y = 0; y < SIDE; y++) {
        const row = (c * SIDE + y) * columns;
        bgr[((2 - c) * SIDE + y) * SIDE + x] = rgb[row + left]! * (1 - f) + rgb[row + right]! * f;
      }
    }
  }
  return bgr;
}

function softmax(logits: Float32Array): Float32Array {
  const most = Math.max(...logits);
  const powers = logits.map((x) => Math.exp(x - most));
  const sum = powers.reduce((a, b) => a + b, 0);
  return powers.map((x) => x / sum);
}

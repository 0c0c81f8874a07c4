import { ARCFACE_ALIGNMENT } from './align.ts';
import type { Embedder } from './networks.ts';

const SIDE = ARCFACE_ALIGNMENT.side;
const PLANE = SIDE * SIDE;

/** MobileFaceNet; its input is blue, green, red. */
export const MOBILEFACENET: Embedder = {
  file: 'fr_feature.onnx',
  shape: [1, 3, SIDE, SIDE],
  dimension: 512,
  alignment: ARCFACE_ALIGNMENT,
  normTells: true,

  async embed(network, aligned) {
    return (await network.run(toInput(aligned), 'output')).output;
  },
};

/** Planes B, G, R of -1..1. */
function toInput(rgb: Float32Array): Float32Array {
  const input = new Float32Array(3 * PLANE);
  for (let i = 0; i < PLANE; i++) {
    input[i] = (rgb[i + 2 * PLANE]! - 127.5) / 128;
    input[i + PLANE] = (rgb[i + PLANE]! - 127.5) / 128;
    input[i + 2 * PLANE] = (rgb[i]! - 127.5) / 128;
  }
  return input;
}

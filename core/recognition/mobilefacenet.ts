import { ARCFACE_ALIGNMENT } from './align.ts';
import type { Embedder } from './networks.ts';

const SIDE = ARCFACE_ALIGNMENT.side;

/** MobileFaceNet; its input is blue, green, red. */
export const MOBILEFACENET: Embedder = {
  file: 'fr_feature.onnx',
  shape: [1, 3, SIDE, SIDE],
  dimension: 512,
  alignment: ARCFACE_ALIGNMENT,
  normTells: true,

  async embed(network, aligned) {
    const plane = SIDE * SIDE;
    const bgr = new Float32Array(aligned.length);
    for (let i = 0; i < plane; i++) {
      for (let c = 0; c < 3; c++) bgr[c * plane + i] = (aligned[(2 - c) * plane + i]! - 127.5) / 128;
    }
    return (await network.run(bgr, 'output')).output;
  },
};

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
    for (const [c, from] of [2, 1, 0].entries()) {
      const [to, source] = [c * plane, from * plane];
      for (let i = 0; i < plane; i++) bgr[to + i] = (aligned[source + i]! - 127.5) / 128;
    }
    return (await network.run(bgr, 'output')).output;
  },
};

import type { ScoredBox } from './detect.ts';
import type { Landmarker } from './networks.ts';
import { apply, type Similarity } from './transform.ts';

const SIDE = 64;

/** A small convolutional regressor of all 68 landmarks. */
export const LANDMARKS_68: Landmarker = {
  file: 'fr_landmark.onnx',
  shape: [1, 1, SIDE, SIDE],

  async locate(network, image, box) {
    const toImage = squareAround(box);
    const rgb = image.sample(toImage, SIDE, SIDE);
    const { output } = await network.run(luma(rgb), 'output');
    return Array.from({ length: output.length / 2 }, (_, i) =>
      apply(toImage, { x: output[2 * i]! * SIDE, y: output[2 * i + 1]! * SIDE }),
    );
  },
};

/** From the network's square input to the image: centred on the box, as wide as the box is high. */
function squareAround(box: ScoredBox): Similarity {
  const x = box.x + box.width / 2;
  const y = box.y + box.height / 2;
  return { a: box.height / SIDE, b: 0, tx: x - box.height / 2, ty: y - box.height / 2 };
}

/** ITU-R BT.601 luma / 256 of planar RGB. */
function luma(rgb: Float32Array): Float32Array {
  const plane = rgb.length / 3;
  const grey = new Float32Array(plane);
  for (let i = 0; i < plane; i++) {
    grey[i] = (0.299 * rgb[i]! + 0.587 * rgb[i + plane]! + 0.114 * rgb[i + 2 * plane]!) / 256;
  }
  return grey;
}

import type { ScoredBox } from './detect.ts';
import type { Landmarker } from './networks.ts';
import { apply, type Similarity } from './transform.ts';

const SIDE = 192;

/** How much wider than the face box the square that the network looks at is; MediaPipe's face landmark graph. */
const MARGIN = 1.5;

/** The mesh's vertex for each of the 68 landmarks in the iBUG order. */
const IBUG_VERTICES = [
  [162, 234, 93, 58, 172, 136, 149, 148, 152, 377, 378, 365, 397, 288, 323, 454, 389], // jaw
  [71, 63, 105, 66, 107],
  [336, 296, 334, 293, 301], // brows
  [168, 197, 5, 4],
  [75, 97, 2, 326, 305], // nose
  [33, 160, 158, 133, 153, 144],
  [362, 385, 387, 263, 373, 380], // eyes
  [61, 39, 37, 0, 267, 269, 291, 405, 314, 17, 84, 181],
  [78, 82, 13, 312, 308, 317, 14, 87], // lips
].flat();

/** MediaPipe's face mesh with attention: 68 of its 468 vertices. */
export const ATTENTION_MESH: Landmarker = {
  file: 'face_mesh.onnx',
  shape: [1, 3, SIDE, SIDE],

  async locate(network, image, box) {
    const toImage = squareAround(box);
    const input = image.sample(toImage, SIDE, SIDE).map((value) => value / 255);
    const { output_mesh_identity: mesh } = await network.run(input, 'output_mesh_identity');
    return IBUG_VERTICES.map((vertex) => apply(toImage, { x: mesh[3 * vertex]!, y: mesh[3 * vertex + 1]! }));
  },
};

/** From the network's square input to the image: centred on the box, turned with the head where its roll is known. */
function squareAround(box: ScoredBox): Similarity {
  const { roll = 0 } = box;
  const scale = (Math.max(box.width, box.height) * MARGIN) / SIDE;
  const [a, b] = [scale * Math.cos(roll), scale * Math.sin(roll)];
  const half = SIDE / 2;
  return {
    a,
    b,
    tx: box.x + box.width / 2 - half * (a - b),
    ty: box.y + box.height / 2 - half * (a + b),
  };
}

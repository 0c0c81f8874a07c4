import { letterbox, overlap, type ScoredBox } from './detect.ts';
import type { Detector } from './networks.ts';
import { apply, scaleOf, type Similarity } from './transform.ts';

const SIDE = 256;

/** The two grids of anchors: cells along a side and anchors at each cell's centre. */
const GRIDS = [
  { cells: 16, anchors: 2, scores: 'Identity:0', boxes: 'Identity_2:0' },
  { cells: 8, anchors: 6, scores: 'Identity_1:0', boxes: 'Identity_3:0' },
] as const;

/** Numbers per anchor: centre and size of the box, then six points, the image-left and image-right eye first. */
const NUMBERS = 16;
const EYES = [4, 6] as const;

const MINIMUM_SCORE = 0.5;
/** Boxes that overlap by more are one face; MediaPipe's face detection graph. */
const SAME_FACE_OVERLAP = 0.3;

/**
 * Score, then -log10(1 - confidence). Below 0.7 were 0.3 % of 7,170 untouched faces and half of those with a mask drawn
 * on, below 0.8 5 % and 95 %: there the gates for probes and for references stand. From 0.92 on, nothing is gained.
 */
const SURENESS = [
  [MINIMUM_SCORE, 0.3],
  [0.7, 0.6],
  [0.8, 1],
  [0.92, 3.5],
] as const;

interface Candidate {
  readonly score: number;
  /** {@link NUMBERS} numbers, in pixels of the input. */
  readonly numbers: readonly number[];
}

/** MediaPipe's BlazeFace for the back camera. Its boxes are square, from brow to chin; its input is interleaved RGB. */
export const BLAZEFACE: Detector = {
  file: 'blazeface_back.onnx',
  shape: [1, SIDE, SIDE, 3],

  async detect(network, image) {
    const toImage = letterbox(image.width, image.height, SIDE, SIDE);
    const input = interleave(image.sample(toImage, SIDE, SIDE));
    const outputs = await network.run(input, ...GRIDS.flatMap(({ scores, boxes }) => [scores, boxes]));
    const candidates = GRIDS.flatMap(({ cells, anchors, scores, boxes }) =>
      readGrid(outputs[scores], outputs[boxes], cells, anchors),
    );
    return blend(candidates).map((face) => place(face, toImage));
  },

  confidence: (score) => 1 - 10 ** -interpolate(SURENESS, score),
};

/** Planes of 0..255 to interleaved -1..1. */
function interleave(planes: Float32Array): Float32Array {
  const plane = planes.length / 3;
  const out = new Float32Array(planes.length);
  for (let i = 0; i < plane; i++) {
    for (let c = 0; c < 3; c++) out[3 * i + c] = planes[c * plane + i]! / 127.5 - 1;
  }
  return out;
}

/** Scores are logits; boxes and points are pixels from the centre of their cell. */
function readGrid(logits: Float32Array, boxes: Float32Array, cells: number, anchors: number): Candidate[] {
  const found: Candidate[] = [];
  for (let i = 0; i < logits.length; i++) {
    const score = 1 / (1 + Math.exp(-logits[i]!));
    if (score <= MINIMUM_SCORE) continue;
    const cell = Math.floor(i / anchors);
    const x = (((cell % cells) + 0.5) / cells) * SIDE;
    const y = ((Math.floor(cell / cells) + 0.5) / cells) * SIDE;
    const numbers = Array.from(boxes.subarray(NUMBERS * i, NUMBERS * (i + 1)), (value, j) =>
      j === 2 || j === 3 ? value : value + (j % 2 === 0 ? x : y),
    );
    if (numbers[2]! > 0 && numbers[3]! > 0) found.push({ score, numbers });
  }
  return found;
}

/** Weighted non-maximum suppression: the boxes of one face become their mean, weighted by score. */
export function blend(candidates: readonly Candidate[]): Candidate[] {
  const faces: Candidate[] = [];
  let rest = candidates.toSorted((a, b) => b.score - a.score);
  for (let best = rest[0]; best; best = rest[0]) {
    const { score, numbers } = best;
    const box = toBox(numbers);
    const isSame = (other: Candidate): boolean =>
      other === best || overlap(toBox(other.numbers), box) > SAME_FACE_OVERLAP;
    const same = rest.filter(isSame);
    const total = same.reduce((sum, other) => sum + other.score, 0);
    const mean = numbers.map((_, j) => same.reduce((sum, o) => sum + o.score * o.numbers[j]!, 0) / total);
    faces.push({ score, numbers: mean });
    rest = rest.filter((other) => !same.includes(other));
  }
  return faces;
}

function toBox(numbers: readonly number[]): { x: number; y: number; width: number; height: number } {
  const [x, y, width, height] = numbers as [number, number, number, number];
  return { x: x - width / 2, y: y - height / 2, width, height };
}

function place({ score, numbers }: Candidate, toImage: Similarity): ScoredBox {
  const { x, y, width, height } = toBox(numbers);
  const [left, right] = EYES.map((at) => ({ x: numbers[at]!, y: numbers[at + 1]! }));
  const scale = scaleOf(toImage);
  return {
    ...apply(toImage, { x, y }),
    width: width * scale,
    height: height * scale,
    score,
    roll: Math.atan2(right!.y - left!.y, right!.x - left!.x),
  };
}

/** Of a function given at rising points; level beyond them. */
function interpolate(points: readonly (readonly [x: number, y: number])[], x: number): number {
  const after = points.findIndex(([px]) => x < px);
  if (after <= 0) return points.at(after)![1];
  const [[x0, y0], [x1, y1]] = [points[after - 1]!, points[after]!];
  return y0 + ((x - x0) / (x1 - x0)) * (y1 - y0);
}

import { z } from 'zod';
import type { OnnxAttribute, OnnxConstant, OnnxGraph, OnnxNode } from './onnx.ts';

/** What the TensorFlow.js manifest tells of each weight: float32, or 8-bit values v that stand for v * scale + min. */
const Manifest = z.tuple([
  z.object({
    weights: z.array(
      z.object({
        name: z.string(),
        shape: z.array(z.int().positive()),
        quantization: z.object({ dtype: z.literal('uint8'), scale: z.number(), min: z.number() }).optional(),
      }),
    ),
  }),
]);

/** Side of the input, and of what the first two layers leave of it. */
const SIDE = 150;
const SIDE_AFTER_STEM = 35;

/** The residual blocks in order; `down` halves the side. */
const BLOCKS = (
  'conv32_1 conv32_2 conv32_3 conv64_down conv64_1 conv64_2 conv64_3 ' +
  'conv128_down conv128_1 conv128_2 conv256_down conv256_1 conv256_2 conv256_down_out'
).split(' ');

/**
 * dlib's face recognition network (a ResNet of 29 convolutions, dlib_face_recognition_resnet_model_v1) from the
 * weights that face-api.js publishes, each scale layer folded into the convolution before it.
 * The input is [1,3,150,150], RGB minus (122.782, 117.001, 104.298), / 256; the output `output` [1,128].
 */
export function convertDlibResnet(manifest: string, weights: Uint8Array): OnnxGraph {
  return new Assembly(readWeights(manifest, weights)).run();
}

interface Weight {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

function readWeights(manifest: string, bytes: Uint8Array): ReadonlyMap<string, Weight> {
  const [{ weights }] = Manifest.parse(JSON.parse(manifest));
  let offset = 0;
  return new Map(
    weights.map(({ name, shape, quantization }) => {
      const length = shape.reduce((product, n) => product * n, 1) * (quantization ? 1 : 4);
      const part = new Uint8Array(bytes.subarray(offset, (offset += length)));
      const data = quantization
        ? Float32Array.from(part, (value) => value * quantization.scale + quantization.min)
        : new Float32Array(part.buffer);
      return [name, { shape, data }];
    }),
  );
}

class Assembly {
  readonly #weights: ReadonlyMap<string, Weight>;
  readonly #nodes: OnnxNode[] = [];
  readonly #constants = new Map<string, OnnxConstant>();

  constructor(weights: ReadonlyMap<string, Weight>) {
    this.#weights = weights;
  }

  run(): OnnxGraph {
    let value = this.#relu(this.#convolve('input', 'conv32_down', 2));
    value = this.#add('MaxPool', [value], { kernel_shape: [3, 3], strides: [2, 2] });
    let side = SIDE_AFTER_STEM;
    for (const block of BLOCKS) {
      if (block.includes('down')) [value, side] = this.#residualDown(value, block, side);
      else {
        const inner = this.#relu(this.#convolve(value, `${block}/conv1`, 1));
        value = this.#relu(this.#add('Add', [this.#convolve(inner, `${block}/conv2`, 1), value]));
      }
    }
    const mean = this.#add('ReduceMean', [value], { axes: [2, 3], keepdims: 0 });
    const { shape, data } = this.#weight('fc');
    this.#constants.set('fc', { shape, data });
    this.#nodes.push({ type: 'MatMul', inputs: [mean, 'fc'], output: 'output' });
    return {
      name: 'dlib_face_recognition_resnet',
      inputs: [{ name: 'input', shape: [1, 3, SIDE, SIDE] }],
      outputs: [{ name: 'output', shape: [1, 128] }],
      nodes: this.#nodes,
      constants: this.#constants,
    };
  }

  /** The shortcut is pooled and gets channels of zeros; the branch gets the row and column its convolution lost. */
  #residualDown(input: string, block: string, side: number): [output: string, side: number] {
    const pooledSide = Math.floor(side / 2);
    const missing = pooledSide - (Math.floor((side - 3) / 2) + 1);
    const inner = this.#relu(this.#convolve(input, `${block}/conv1`, 2));
    const branch = this.#pad(this.#convolve(inner, `${block}/conv2`, 1), 0, missing);
    const [, , from = 0, to = 0] = this.#weight(`${block}/conv1/conv/filters`).shape;
    const pooled = this.#add('AveragePool', [input], { kernel_shape: [2, 2], strides: [2, 2] });
    const shortcut = this.#pad(pooled, to - from, 0);
    return [this.#relu(this.#add('Add', [shortcut, branch])), pooledSide];
  }

  #convolve(input: string, layer: string, stride: number): string {
    const filters = this.#weight(`${layer}/conv/filters`);
    const bias = this.#weight(`${layer}/conv/bias`).data;
    const scale = this.#weight(`${layer}/scale/weights`).data;
    const shift = this.#weight(`${layer}/scale/biases`).data;
    const [height = 0, width = 0, inputs = 0, outputs = 0] = filters.shape;
    const kernel = new Float32Array(filters.data.length);
    for (let o = 0, to = 0; o < outputs; o++) {
      for (let i = 0; i < inputs; i++) {
        for (let at = 0; at < height * width; at++) {
          kernel[to++] = (filters.data[(at * inputs + i) * outputs + o] ?? 0) * (scale[o] ?? 0);
        }
      }
    }
    this.#constants.set(`${layer}/w`, { shape: [outputs, inputs, height, width], data: kernel });
    this.#constants.set(`${layer}/b`, {
      shape: [outputs],
      data: bias.map((value, o) => value * (scale[o] ?? 0) + (shift[o] ?? 0)),
    });
    return this.#add('Conv', [input, `${layer}/w`, `${layer}/b`], {
      strides: [stride, stride],
      auto_pad: stride === 1 ? 'SAME_UPPER' : 'VALID',
    });
  }

  #relu(input: string): string {
    return this.#add('Relu', [input]);
  }

  /** Zeros behind the channels, and below and right of the pixels. */
  #pad(input: string, channels: number, pixels: number): string {
    if (channels === 0 && pixels === 0) return input;
    const pads = `pads/${channels}/${pixels}`;
    const ends = BigInt64Array.from([0, 0, 0, 0, 0, channels, pixels, pixels], BigInt);
    this.#constants.set(pads, { shape: [8], data: ends });
    return this.#add('Pad', [input, pads]);
  }

  #add(type: string, inputs: readonly string[], attributes: Record<string, OnnxAttribute> = {}): string {
    const output = `v${this.#nodes.length}`;
    this.#nodes.push({ type, inputs, output, attributes });
    return output;
  }

  #weight(name: string): Weight {
    const weight = this.#weights.get(name);
    if (!weight) throw new Error(`The weights lack ${name}.`);
    return weight;
  }
}

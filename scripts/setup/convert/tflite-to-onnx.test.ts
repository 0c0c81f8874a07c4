import { InferenceSession, Tensor } from 'onnxruntime-node';
import { describe, expect, it } from 'vitest';
import { writeOnnx } from './onnx.ts';
import { OP } from './tflite.ts';
import { convertTflite } from './tflite-to-onnx.ts';
import { tinyTflite, type TinyOperator, type TinyTensor } from './tiny-tflite.ts';

/** Repeatable numbers in -1..1 that half precision holds exactly. */
const numbers = (length: number, seed: number): Float32Array =>
  Float32Array.from({ length }, (_, i) => (((i + 1) * 37 * (seed + 3)) % 65) / 32 - 1);

interface Image {
  readonly shape: readonly [height: number, width: number, channels: number];
  /** NHWC */
  readonly data: Float32Array;
}

const image = (height: number, width: number, channels: number): Image => ({
  shape: [height, width, channels],
  data: numbers(height * width * channels, 1),
});

const pixel = ({ shape: [height, width, channels], data }: Image, y: number, x: number, c: number): number =>
  y < 0 || x < 0 || y >= height || x >= width ? 0 : data[(y * width + x) * channels + c]!;

/** A convolution written down from its definition, SAME padding as TensorFlow documents it, NHWC. */
function convolve(
  input: Image,
  kernel: Image['data'],
  bias: Float32Array,
  side: number,
  stride: number,
  depthwise: boolean,
): Image {
  const [height, width, channels] = input.shape;
  const outputs = bias.length;
  const [rows, columns] = [Math.ceil(height / stride), Math.ceil(width / stride)];
  const [top, left] = [
    Math.floor(Math.max(0, (rows - 1) * stride + side - height) / 2),
    Math.floor(Math.max(0, (columns - 1) * stride + side - width) / 2),
  ];
  const data: number[] = [];
  for (let y = 0; y < rows; y++) {
    for (let x = 0; x < columns; x++) {
      for (let o = 0; o < outputs; o++) {
        let sum = bias[o]!;
        for (let ky = 0; ky < side; ky++) {
          for (let kx = 0; kx < side; kx++) {
            for (let c = 0; c < channels; c++) {
              if (depthwise && c !== o) continue;
              const at = depthwise
                ? (ky * side + kx) * channels + c
                : ((o * side + ky) * side + kx) * channels + c;
              sum += kernel[at]! * pixel(input, y * stride + ky - top, x * stride + kx - left, c);
            }
          }
        }
        data.push(sum);
      }
    }
  }
  return { shape: [rows, columns, outputs], data: Float32Array.from(data) };
}

/** Run the converted network; give and take NHWC. */
async function run(tensors: TinyTensor[], operators: TinyOperator[], input: Image): Promise<number[]> {
  const output = tensors.at(-1)!.name;
  const session = await InferenceSession.create(
    writeOnnx(convertTflite(tinyTflite(tensors, operators), 'tiny', [output])),
  );
  const planar = toNchw(input);
  const results = await session.run({
    input: new Tensor('float32', planar, [1, input.shape[2], input.shape[0], input.shape[1]]),
  });
  const result = results[output]!;
  const [, channels = 1, height = 1, width = 1] = result.dims;
  const values = result.data as Float32Array;
  if (result.dims.length < 4) return [...values];
  return Array.from({ length: values.length }, (_, i) => {
    const [at, c] = [Math.floor(i / channels), i % channels];
    return values[c * height * width + at]!;
  });
}

function toNchw({ shape: [height, width, channels], data }: Image): Float32Array {
  return Float32Array.from({ length: data.length }, (_, i) => {
    const [c, at] = [Math.floor(i / (height * width)), i % (height * width)];
    return data[at * channels + c]!;
  });
}

const INPUT: Image = image(5, 6, 2);
const input: TinyTensor = { name: 'input', shape: [1, 5, 6, 2] };
/** Fields of the options: padding SAME is 0, VALID 1; the strides follow. */
const same = (stride: number) =>
  [
    [0, 8, 0],
    [1, 32, stride],
    [2, 32, stride],
  ] as const;

/** The largest difference; infinite for lists of different lengths. */
const distance = (found: readonly number[], wanted: ArrayLike<number>): number =>
  found.length === wanted.length
    ? Math.max(...found.map((value, i) => Math.abs(value - wanted[i]!)))
    : Infinity;

describe('convertTflite', () => {
  it.each([1, 2])('converts a convolution of stride %i with half-precision weights', async (stride) => {
    const [kernel, bias] = [numbers(3 * 9 * 2, 2), numbers(3, 3)];
    const wanted = convolve(INPUT, kernel, bias, 3, stride, false);
    const found = await run(
      [
        input,
        { name: 'half', shape: [3, 3, 3, 2], data: new Float16Array(kernel) },
        { name: 'kernel', shape: [3, 3, 3, 2] },
        { name: 'bias', shape: [3], data: bias },
        { name: 'output', shape: [1, ...wanted.shape] },
      ],
      [
        { code: OP.dequantize, inputs: [1], output: 2 },
        { code: OP.conv, inputs: [0, 2, 3], output: 4, options: same(stride) },
      ],
      INPUT,
    );
    expect(distance(found, wanted.data)).toBeLessThan(1e-4);
  });

  it.each([1, 2])('converts a depthwise convolution of stride %i', async (stride) => {
    const [kernel, bias] = [numbers(9 * 2, 4), numbers(2, 5)];
    const wanted = convolve(INPUT, kernel, bias, 3, stride, true);
    const found = await run(
      [
        input,
        { name: 'kernel', shape: [1, 3, 3, 2], data: kernel },
        { name: 'bias', shape: [2], data: bias },
        { name: 'output', shape: [1, ...wanted.shape] },
      ],
      [{ code: OP.depthwiseConv, inputs: [0, 1, 2], output: 3, options: same(stride) }],
      INPUT,
    );
    expect(distance(found, wanted.data)).toBeLessThan(1e-4);
  });

  it('converts pooling, padding of channels and PReLU', async () => {
    const slope = new Float32Array([0.5, -0.25, 2]);
    const found = await run(
      [
        input,
        { name: 'pads', shape: [4, 2], data: new Int32Array([0, 0, 0, 0, 0, 0, 0, 1]) },
        { name: 'padded', shape: [1, 5, 6, 3] },
        { name: 'slope', shape: [1, 1, 3], data: slope },
        { name: 'activated', shape: [1, 5, 6, 3] },
        { name: 'output', shape: [1, 3, 3, 3] },
      ],
      [
        { code: OP.pad, inputs: [0, 1], output: 2 },
        { code: OP.prelu, inputs: [2, 3], output: 4 },
        { code: OP.maxPool, inputs: [4], output: 5, options: [...same(2), [3, 32, 2], [4, 32, 2]] },
      ],
      INPUT,
    );
    const activated = (y: number, x: number, c: number): number => {
      if (y >= 5 || x >= 6) return -Infinity;
      const value = c === 2 ? 0 : pixel(INPUT, y, x, c);
      return value < 0 ? value * slope[c]! : value;
    };
    const wanted = Array.from({ length: 27 }, (_, i) => {
      const [y, x, c] = [2 * Math.floor(i / 9), 2 * (Math.floor(i / 3) % 3), i % 3];
      return Math.max(
        activated(y, x, c),
        activated(y, x + 1, c),
        activated(y + 1, x, c),
        activated(y + 1, x + 1, c),
      );
    });
    expect(distance(found, wanted)).toBeLessThan(1e-4);
  });

  it('gives a spelled-out PReLU its operator back, and reshapes a single pixel, for one image of a batch', async () => {
    const one = image(1, 1, 4);
    const half = new Float32Array([0.5, 0.25, -0.5, 1]);
    const file = tinyTflite(
      [
        { name: 'input', shape: [2, 1, 1, 4] },
        { name: 'relu', shape: [2, 1, 1, 4] },
        { name: 'abs', shape: [2, 1, 1, 4] },
        { name: 'sub', shape: [2, 1, 1, 4] },
        { name: 'half', shape: [4], data: half },
        { name: 'mul', shape: [2, 1, 1, 4] },
        { name: 'add', shape: [2, 1, 1, 4] },
        { name: 'output', shape: [2, 4] },
      ],
      [
        { code: OP.relu, inputs: [0], output: 1 },
        { code: OP.abs, inputs: [0], output: 2 },
        { code: OP.sub, inputs: [0, 2], output: 3 },
        { code: OP.mul, inputs: [4, 3], output: 5 },
        { code: OP.add, inputs: [1, 5], output: 6 },
        { code: OP.reshape, inputs: [6], output: 7 },
      ],
    );
    const graph = convertTflite(file, 'tiny', ['output']);
    expect(graph.nodes.map(({ type }) => type)).toEqual(['PRelu', 'Reshape']);
    const session = await InferenceSession.create(writeOnnx(graph));
    const { output } = await session.run({ input: new Tensor('float32', one.data, [1, 4, 1, 1]) });
    expect(
      distance(
        [...(output!.data as Float32Array)],
        one.data.map((x, c) => (x < 0 ? 2 * half[c]! * x : x)),
      ),
    ).toBeLessThan(1e-4);
  });

  it('leaves out what the wanted output does not need', () => {
    const file = tinyTflite(
      [input, { name: 'wanted', shape: [1, 5, 6, 2] }, { name: 'other', shape: [1, 5, 6, 2] }],
      [
        { code: OP.add, inputs: [0, 0], output: 1 },
        { code: 127, inputs: [1], output: 2 },
      ],
    );
    expect(convertTflite(file, 'tiny', ['wanted']).nodes).toHaveLength(1);
    expect(() => convertTflite(file, 'tiny', ['other'])).toThrow('Operator 127');
    expect(() => convertTflite(file, 'tiny', ['absent'])).toThrow('No such tensor');
  });

  it('refuses other files, and gives equal bytes for equal files', () => {
    expect(() => convertTflite(new Uint8Array(64), 'tiny', [])).toThrow('Not a TensorFlow Lite file');
    const file = tinyTflite(
      [input, { name: 'sum', shape: [1, 5, 6, 2] }],
      [{ code: OP.add, inputs: [0, 0], output: 1 }],
    );
    const convert = (): Buffer => writeOnnx(convertTflite(file, 'tiny', ['sum']));
    expect(convert().equals(convert())).toBe(true);
  });
});

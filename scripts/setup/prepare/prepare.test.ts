import { InferenceSession, Tensor } from 'onnxruntime-node';
import { describe, expect, it } from 'vitest';
import { writeOnnx, type OnnxGraph } from '../convert/onnx.ts';
import { floatsOf, readOnnx, writeModel } from './onnx-model.ts';
import { prepareNetwork } from './prepare.ts';

const SLOPES = [0.25, -0.5, 0, 1.5];
const SHAPE = [1, 4, 2, 3];

/** A convolution of one pixel whose first weights are next to nothing, then PReLU. */
function network(slope: { shape: number[]; data: Float32Array }, weights: Float32Array): OnnxGraph {
  return {
    name: 'tiny',
    inputs: [{ name: 'in', shape: SHAPE }],
    outputs: [{ name: 'out', shape: SHAPE }],
    nodes: [
      { type: 'Conv', inputs: ['in', 'weights'], output: 'middle' },
      { type: 'PRelu', inputs: ['middle', 'slope'], output: 'prelu' },
      { type: 'Add', inputs: ['prelu', 'offset'], output: 'out' },
    ],
    constants: new Map([
      ['weights', { shape: [4, 4, 1, 1], data: weights }],
      ['slope', slope],
      ['offset', { shape: [1], data: Float32Array.of(1e-30) }],
    ]),
  };
}

const WEIGHTS = Float32Array.from({ length: 16 }, (_, i) => (i < 3 ? 1e-39 : Math.cos(i)));
const BY_CHANNEL = { shape: [4, 1, 1], data: Float32Array.from(SLOPES) };
const INPUT = Float32Array.from({ length: 24 }, (_, i) => Math.sin(3 * i));

async function answer(file: Uint8Array): Promise<number[]> {
  const session = await InferenceSession.create(file);
  const { out } = await session.run({ in: new Tensor('float32', INPUT, SHAPE) });
  return [...(out!.data as Float32Array)];
}

const operators = (file: Uint8Array): string[] => readOnnx(file).graph.node.map(({ op_type }) => op_type);

describe('a prepared network', () => {
  const file = writeOnnx(network(BY_CHANNEL, WEIGHTS));

  it('answers the same without PReLU', async () => {
    const prepared = prepareNetwork(file);
    expect(operators(prepared)).toEqual(['Conv', 'Conv', 'Relu', 'Conv', 'Add', 'Add']);
    const [before, after] = [await answer(file), await answer(prepared)];
    expect(before.some((value) => value < -0.1)).toBe(true);
    for (const [i, value] of before.entries()) expect(after[i]).toBeCloseTo(value, 6);
  });

  it('has zeros for weights next to nothing, where these are factors only', () => {
    const { initializer } = readOnnx(prepareNetwork(file)).graph;
    const values = (name: string): number[] => [
      ...floatsOf(initializer.find((tensor) => tensor.name === name)!)!,
    ];
    expect(values('weights')).toEqual([0, 0, 0, ...WEIGHTS.subarray(3)]);
    expect(values('offset')).toEqual([Math.fround(1e-30)]);
    expect(initializer.some(({ name }) => name === 'slope')).toBe(false);
  });

  it('is the same file each time, and has nothing left to prepare', () => {
    const prepared = prepareNetwork(file);
    expect(Buffer.from(prepareNetwork(file)).equals(prepared)).toBe(true);
    expect(Buffer.from(prepareNetwork(prepared)).equals(prepared)).toBe(true);
  });

  it('keeps a PReLU whose slope is not one for each channel', async () => {
    const shared = writeOnnx(network({ shape: [1], data: Float32Array.of(0.25) }, WEIGHTS));
    expect(operators(prepareNetwork(shared))).toEqual(['Conv', 'PRelu', 'Add']);
    expect(await answer(prepareNetwork(shared))).toEqual(await answer(shared));
  });

  it('keeps what preparation does not look at', () => {
    expect(Buffer.from(writeModel(readOnnx(file))).equals(file)).toBe(false);
    expect(readOnnx(writeModel(readOnnx(file)))).toEqual(readOnnx(file));
  });
});

it('nothing but an ONNX file is prepared', () => {
  expect(() => prepareNetwork(Buffer.from('words that are no network'))).toThrow('no ONNX file');
  expect(() => prepareNetwork(new Uint8Array())).toThrow('no ONNX graph');
});

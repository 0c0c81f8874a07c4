import { foldPrelu } from './fold-prelu.ts';
import type { OnnxAttribute, OnnxConstant, OnnxGraph, OnnxNode, OnnxValue } from './onnx.ts';
import { floatsOf, integersOf, OP, readTflite } from './tflite.ts';
import type { Table, TfliteGraph, TfliteOperator, TfliteTensor } from './tflite.ts';

/**
 * Convert a TensorFlow Lite network of float32 or float16 weights to ONNX, for one image at a time.
 * Images become NCHW; an output of a single pixel or none keeps its shape.
 * @param outputs names of those wanted; what only others need is left out
 * @throws Error for what the supported networks do not use
 */
export function convertTflite(file: Uint8Array, name: string, outputs: readonly string[]): OnnxGraph {
  return new Conversion(foldPrelu(readTflite(file))).run(name, outputs);
}

class Conversion {
  readonly #graph: TfliteGraph;
  readonly #makers: ReadonlyMap<number | undefined, TfliteOperator>;
  readonly #nodes: OnnxNode[] = [];
  readonly #constants = new Map<string, OnnxConstant>();

  constructor(graph: TfliteGraph) {
    this.#graph = graph;
    this.#makers = new Map(graph.operators.map((operator) => [operator.outputs[0], operator]));
  }

  run(name: string, outputs: readonly string[]): OnnxGraph {
    const indices = outputs.map((output) =>
      this.#graph.tensors.findIndex((tensor) => tensor.name === output),
    );
    const needed = this.#needed(indices);
    for (const operator of needed) this.#convert(operator);
    return {
      name,
      inputs: this.#graph.inputs.map((index) => this.#value(index, true)),
      outputs: indices.map((index) => this.#value(index, this.#isImage(index))),
      nodes: this.#nodes,
      constants: this.#constants,
    };
  }

  /** The operators that the outputs depend on, in the order of the file. */
  #needed(outputs: readonly number[]): TfliteOperator[] {
    const found = new Set<TfliteOperator>();
    const visit = (index: number): void => {
      const maker = this.#makers.get(index);
      if (!maker || found.has(maker)) return;
      found.add(maker);
      maker.inputs.forEach(visit);
    };
    outputs.forEach(visit);
    return this.#graph.operators.filter((operator) => found.has(operator));
  }

  #convert(operator: TfliteOperator): void {
    const { options, outputs } = operator;
    const [first = -1, second = -1] = operator.inputs;
    switch (operator.code) {
      case OP.dequantize: // Widens a constant: done where that is used.
        return;
      case OP.conv:
        return this.#convolve(operator, [0, 3, 1, 2], 4, 3);
      case OP.depthwiseConv:
        return this.#convolve(operator, [3, 0, 1, 2], 5, 4);
      case OP.maxPool: {
        const kernel = [options?.int32(4) ?? 1, options?.int32(3) ?? 1];
        return this.#emit('MaxPool', operator, [first], [], { kernel_shape: kernel, ...window(options) });
      }
      case OP.prelu: {
        const slope = this.#floats(second);
        return this.#emit('PRelu', operator, [first], [{ shape: [slope.length, 1, 1], data: slope }]);
      }
      case OP.add:
        requireNoActivation(options, 0);
        return this.#emit('Add', operator, [first, second]);
      case OP.pad: {
        const pads = integersOf(this.#tensor(second));
        const ends = [0, 1].flatMap((end) => [0, 3, 1, 2].map((axis) => pads[2 * axis + end] ?? 0));
        return this.#emit('Pad', operator, [first], [integers(ends)]);
      }
      case OP.reshape:
        // Of a single pixel, whose numbers lie in the same order in NHWC and NCHW.
        if (this.#isImage(first) || this.#isImage(outputs[0] ?? -1)) throw unsupported(operator);
        return this.#emit('Reshape', operator, [first], [integers(this.#shape(outputs[0] ?? -1))]);
      case OP.stridedSlice:
        // Of everything: names an output.
        if (this.#shape(first).join() !== this.#shape(outputs[0] ?? -1).join()) throw unsupported(operator);
        return this.#emit('Reshape', operator, [first], [integers(this.#shape(first))]);
      default:
        throw unsupported(operator);
    }
  }

  /** @param order in which the axes of the kernel become output, input, height and width */
  #convolve(operator: TfliteOperator, order: readonly number[], dilation: number, activation: number): void {
    const [image = -1, kernel = -1, bias = -1] = operator.inputs;
    const { options } = operator;
    requireNoActivation(options, activation);
    const weights = permute(this.#floats(kernel), this.#shape(kernel, false), order);
    const offsets = this.#floats(bias);
    const group = operator.code === OP.depthwiseConv ? (weights.shape[0] ?? 1) : 1;
    this.#emit('Conv', operator, [image], [weights, { shape: [offsets.length], data: offsets }], {
      group,
      dilations: [options?.int32(dilation + 1, 1) ?? 1, options?.int32(dilation, 1) ?? 1],
      ...window(options),
    });
  }

  #emit(
    type: string,
    { outputs: [output = -1] }: TfliteOperator,
    inputs: readonly number[],
    constants: readonly OnnxConstant[] = [],
    attributes: Readonly<Record<string, OnnxAttribute>> = {},
  ): void {
    const names = constants.map((constant, i) => {
      const name = `${output}/${i}`;
      this.#constants.set(name, constant);
      return name;
    });
    const operands = [...inputs.map((input) => this.#name(input)), ...names];
    this.#nodes.push({ type, inputs: operands, output: this.#name(output), attributes });
  }

  #floats(index: number): Float32Array {
    const maker = this.#makers.get(index);
    return floatsOf(this.#tensor(maker?.code === OP.dequantize ? (maker.inputs[0] ?? -1) : index));
  }

  #tensor(index: number): TfliteTensor {
    const tensor = this.#graph.tensors[index];
    if (!tensor) throw new Error('No such tensor.');
    return tensor;
  }

  /** @param ofOneImage whether the first axis is the batch, which becomes 1 */
  #shape(index: number, ofOneImage = true): readonly number[] {
    const { shape } = this.#tensor(index);
    return ofOneImage ? [1, ...shape.slice(1)] : shape;
  }

  #isImage(index: number): boolean {
    const [, height = 1, width = 1, ...channels] = this.#shape(index);
    return channels.length === 1 && height * width > 1;
  }

  #name(index: number): string {
    return this.#tensor(index).name;
  }

  #value(index: number, isImage: boolean): OnnxValue {
    const shape = this.#shape(index);
    return { name: this.#name(index), shape: isImage ? toNchw(shape) : shape };
  }
}

/** Padding SAME is 0 in the schema; it puts the odd pixel at the end, as SAME_UPPER does. */
function window(options: Table | null): Record<string, OnnxAttribute> {
  return {
    auto_pad: options?.int8(0) === 0 ? 'SAME_UPPER' : 'VALID',
    strides: [options?.int32(2) ?? 1, options?.int32(1) ?? 1],
  };
}

function requireNoActivation(options: Table | null, field: number): void {
  if (options && options.int8(field) !== 0) throw new Error('A fused activation is not supported.');
}

const unsupported = ({ code }: TfliteOperator): Error => new Error(`Operator ${code} is not supported here.`);

const integers = (values: readonly number[]): OnnxConstant => ({
  shape: [values.length],
  data: BigInt64Array.from(values, BigInt),
});

const toNchw = ([n = 1, height = 1, width = 1, channels = 1]: readonly number[]): number[] => [
  n,
  channels,
  height,
  width,
];

/** The same numbers of four axes with the axes in another order. */
function permute(data: Float32Array, shape: readonly number[], order: readonly number[]): OnnxConstant {
  const strides = shape.map((_, axis) =>
    shape.slice(axis + 1).reduce((product, length) => product * length, 1),
  );
  const lengths = order.map((axis) => shape[axis] ?? 1);
  const steps = order.map((axis) => strides[axis] ?? 1);
  const out = new Float32Array(data.length);
  for (let i = 0; i < out.length; i++) {
    let rest = i;
    let from = 0;
    for (let axis = 3; axis >= 0; axis--) {
      const length = lengths[axis] ?? 1;
      from += (rest % length) * (steps[axis] ?? 1);
      rest = Math.floor(rest / length);
    }
    out[i] = data[from] ?? 0;
  }
  return { shape: lengths, data: out };
}

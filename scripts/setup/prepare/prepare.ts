import { attribute, floatsOf, floatTensor, readOnnx, writeModel } from './onnx-model.ts';
import type { Node, OnnxModel, Tensor } from './onnx-model.ts';

/**
 * Weights below this are taken for zero. Training with weight decay leaves such remains in channels that died. Values
 * in a network lie within a few powers of ten of one, and a float holds seven digits, so they change no sum; but they,
 * and what is multiplied by them, are subnormal numbers, for which processors need a hundred times as long.
 */
const TINY = 1e-12;

/** Operators whose answer is a sum of products with their parameters: there, tiny is nothing. */
const LINEAR = new Set(['Conv', 'Gemm', 'MatMul', 'PRelu']);

/**
 * Rewrite a network so that the runtime computes it faster and answers the same: tiny weights become zero, and PReLU
 * becomes operators that the runtime keeps in its blocked layout. The same file always gives the same bytes.
 * @param file an ONNX file
 * @throws Error for bytes that are no ONNX file
 */
export function prepareNetwork(file: Uint8Array): Uint8Array {
  const model = readOnnx(file);
  clearTinyWeights(model);
  spellOutPrelu(model);
  return writeModel(model);
}

function clearTinyWeights({ graph }: OnnxModel): void {
  const linear = new Set(
    graph.node.filter(({ op_type }) => LINEAR.has(op_type)).flatMap(({ input }) => input.slice(1)),
  );
  for (const [i, tensor] of graph.initializer.entries()) {
    const values = linear.has(tensor.name) ? floatsOf(tensor) : null;
    if (!values?.some(isTiny)) continue;
    graph.initializer[i] = floatTensor(
      tensor.name,
      tensor.dims.map(Number),
      values.map((value) => (isTiny(value) ? 0 : value)),
    );
  }
}

const isTiny = (value: number): boolean => value !== 0 && Math.abs(value) < TINY;

/**
 * PReLU with slope a is x + (1 - a) max(-x, 0): two multiplications by channel, which are depthwise convolutions of one
 * pixel. ONNX Runtime has no PReLU in its blocked layout (NCHWc) and turns the values over before and after each; these
 * it keeps there, the maximum in one pass with the first and the sum with the second.
 */
function spellOutPrelu({ graph }: OnnxModel): void {
  const tensors = new Map(graph.initializer.map((tensor) => [tensor.name, tensor]));
  graph.node = graph.node.flatMap((node) => {
    const [input = '', slope = ''] = node.input;
    const [output = ''] = node.output;
    const slopes = node.op_type === 'PRelu' ? slopeOfChannels(tensors.get(slope)) : null;
    if (slopes === null) return [node];
    const channels = slopes.length;
    const scaled = (from: string, name: string, factors: Float32Array): Node => {
      graph.initializer.push(floatTensor(`${name}/factors`, [channels, 1, 1, 1], factors));
      const attributes = [attribute('group', channels), attribute('kernel_shape', [1, 1])];
      return operation('Conv', [from, `${name}/factors`], name, attributes);
    };
    return [
      scaled(
        input,
        `${output}/opposite`,
        slopes.map(() => -1),
      ),
      operation('Relu', [`${output}/opposite`], `${output}/below`),
      scaled(
        `${output}/below`,
        `${output}/lifted`,
        slopes.map((a) => 1 - a),
      ),
      operation('Add', [input, `${output}/lifted`], output),
    ];
  });
  const used = new Set(graph.node.flatMap(({ input }) => input));
  graph.initializer = graph.initializer.filter(({ name }) => used.has(name));
}

/** One slope per channel; null where the tensor is anything else, which the operator also takes. */
function slopeOfChannels(tensor: Tensor | undefined): Float32Array | null {
  if (tensor?.dims.length !== 3 || tensor.dims.slice(1).some((length) => Number(length) !== 1)) return null;
  return floatsOf(tensor);
}

const operation = (type: string, input: string[], output: string, attributes: Uint8Array[] = []): Node => ({
  op_type: type,
  name: output,
  input,
  output: [output],
  attribute: attributes,
});

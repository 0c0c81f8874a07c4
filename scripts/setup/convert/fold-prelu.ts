import { type TfliteGraph, type TfliteOperator, type TfliteTensor, floatsOf, OP } from './tflite.ts';

/**
 * Networks from before TensorFlow Lite had the operator spell PReLU out as relu(x) + a (x - |x|), which is x above
 * zero and 2 a x below. Give them the operator back: one pass over the values instead of five.
 */
export function foldPrelu(graph: TfliteGraph): TfliteGraph {
  const makers = new Map(graph.operators.map((operator) => [operator.outputs[0], operator]));
  const tensors: TfliteTensor[] = [...graph.tensors];
  const operators = graph.operators.map((add): TfliteOperator => {
    const [relu, product] = add.inputs.map((input) => makers.get(input));
    if (add.code !== OP.add || relu?.code !== OP.relu || product?.code !== OP.mul) return add;
    const [slope = -1, difference = -1] = product.inputs;
    const sub = makers.get(difference);
    const [x = -1] = relu.inputs;
    const abs = makers.get(sub?.inputs[1] ?? -1);
    const alpha = tensors[slope];
    const matches =
      sub?.code === OP.sub && sub.inputs[0] === x && abs?.code === OP.abs && abs.inputs[0] === x;
    if (!matches || !alpha?.data) return add;
    const doubled = floatsOf(alpha).map((value) => 2 * value);
    tensors.push({ ...alpha, data: new Uint8Array(doubled.buffer) });
    return { ...add, code: OP.prelu, inputs: [x, tensors.length - 1], options: null };
  });
  return { ...graph, tensors, operators };
}

/** An attribute of a node: a whole number, a string or a list of whole numbers. */
export type OnnxAttribute = number | string | readonly number[];

export interface OnnxNode {
  readonly type: string;
  readonly inputs: readonly string[];
  readonly output: string;
  readonly attributes?: Readonly<Record<string, OnnxAttribute>>;
}

export interface OnnxConstant {
  readonly shape: readonly number[];
  readonly data: Float32Array | BigInt64Array;
}

export interface OnnxValue {
  readonly name: string;
  readonly shape: readonly number[];
}

/** A graph of float32 values with fixed shapes. Nodes stand in the order in which they run. */
export interface OnnxGraph {
  readonly name: string;
  readonly inputs: readonly OnnxValue[];
  readonly outputs: readonly OnnxValue[];
  readonly nodes: readonly OnnxNode[];
  readonly constants: ReadonlyMap<string, OnnxConstant>;
}

const OPSET = 17;
const IR_VERSION = 8;
const FLOAT = 1;
const INT64 = 7;

/** The graph as the bytes of an ONNX file; equal graphs give equal bytes (onnx/onnx.proto names the field numbers). */
export function writeOnnx(graph: OnnxGraph): Buffer {
  return Buffer.concat([
    integer(1, IR_VERSION),
    message(8, integer(2, OPSET)),
    message(
      7,
      ...graph.nodes.map((node) => message(1, ...writeNode(node))),
      text(2, graph.name),
      ...[...graph.constants].map(([name, constant]) => message(5, ...writeTensor(name, constant))),
      ...graph.inputs.map((value) => message(11, ...writeValue(value))),
      ...graph.outputs.map((value) => message(12, ...writeValue(value))),
    ),
  ]);
}

function writeNode({ type, inputs, output, attributes = {} }: OnnxNode): Buffer[] {
  return [
    ...inputs.map((input) => text(1, input)),
    text(2, output),
    text(4, type),
    ...Object.entries(attributes).map(([name, value]) => message(5, text(1, name), ...writeAttribute(value))),
  ];
}

/** The last field is the kind: 2 INT, 3 STRING, 7 INTS. */
function writeAttribute(value: OnnxAttribute): Buffer[] {
  if (typeof value === 'number') return [integer(3, value), integer(20, 2)];
  if (typeof value === 'string') return [text(4, value), integer(20, 3)];
  return [...value.map((item) => integer(8, item)), integer(20, 7)];
}

function writeTensor(name: string, { shape, data }: OnnxConstant): Buffer[] {
  return [
    ...shape.map((length) => integer(1, length)),
    integer(2, data instanceof Float32Array ? FLOAT : INT64),
    text(8, name),
    message(9, Buffer.from(data.buffer, data.byteOffset, data.byteLength)),
  ];
}

function writeValue({ name, shape }: OnnxValue): Buffer[] {
  const dimensions = shape.map((length) => message(1, integer(1, length)));
  return [text(1, name), message(2, message(1, integer(1, FLOAT), message(2, ...dimensions)))];
}

const integer = (field: number, value: number): Buffer => Buffer.concat([varint(field << 3), varint(value)]);

const text = (field: number, value: string): Buffer => message(field, Buffer.from(value, 'utf8'));

function message(field: number, ...parts: Buffer[]): Buffer {
  const body = Buffer.concat(parts);
  return Buffer.concat([varint((field << 3) | 2), varint(body.length), body]);
}

/** Of a whole number from 0 to 2^31 - 1. */
function varint(value: number): Buffer {
  const bytes = [];
  for (let rest = value; ; rest >>>= 7) {
    if (rest < 0x80) return Buffer.from([...bytes, rest]);
    bytes.push((rest & 0x7f) | 0x80);
  }
}

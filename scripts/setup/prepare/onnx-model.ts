import protobuf from 'protobufjs';

/**
 * The parts of an ONNX file that preparation looks at (field numbers: onnx/onnx.proto, Apache-2.0). Whatever is not
 * named here travels from file to file as it was.
 */
const { root } = protobuf.parse(
  `syntax = "proto2";
  message Model { optional Graph graph = 7; }
  message Graph { repeated Node node = 1; repeated Tensor initializer = 5; }
  message Node {
    repeated string input = 1;
    repeated string output = 2;
    optional string name = 3;
    optional string op_type = 4;
    repeated bytes attribute = 5;
  }
  message Attribute { optional string name = 1; optional int32 i = 3; repeated int32 ints = 8; optional int32 type = 20; }
  message Tensor {
    repeated int64 dims = 1;
    optional int32 data_type = 2;
    repeated float float_data = 4 [packed = true];
    optional string name = 8;
    optional bytes raw_data = 9;
  }`,
  { keepCase: true },
);

export interface Tensor {
  /** Whole numbers; an object with `toString` where a number does not hold them for certain. */
  dims: (number | { toString(): string })[];
  data_type: number;
  float_data: number[];
  name: string;
  /** Little-endian. */
  raw_data: Uint8Array;
}

export interface Node {
  input: string[];
  output: string[];
  name: string;
  op_type: string;
  /** Encoded, one by one. */
  attribute: Uint8Array[];
}

export interface OnnxModel {
  graph: { node: Node[]; initializer: Tensor[] };
}

const MODEL = root.lookupType('Model');
const ATTRIBUTE = root.lookupType('Attribute');
const FLOAT = 1;

/** @throws Error for bytes that are no ONNX file */
export function readOnnx(file: Uint8Array): OnnxModel {
  const reader = protobuf.Reader.create(file);
  reader.discardUnknown = false;
  try {
    const model = MODEL.decode(reader) as unknown as Partial<OnnxModel>;
    if (model.graph) return model as OnnxModel;
  } catch (error) {
    throw new Error('This is no ONNX file.', { cause: error });
  }
  throw new Error('The file holds no ONNX graph.');
}

/** The bytes of the file; equal models give equal bytes. */
export function writeModel(model: OnnxModel): Uint8Array {
  return MODEL.encode(model).finish();
}

/** The values of a tensor of 32-bit floats (a copy); null for one of another type. */
export function floatsOf({ data_type, float_data, raw_data }: Tensor): Float32Array<ArrayBuffer> | null {
  if (data_type !== FLOAT) return null;
  return float_data.length > 0
    ? Float32Array.from(float_data)
    : new Float32Array(new Uint8Array(raw_data).buffer);
}

export function floatTensor(name: string, dims: readonly number[], values: Float32Array): Tensor {
  const raw_data = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  return { name, dims: [...dims], data_type: FLOAT, float_data: [], raw_data };
}

/** An attribute that holds a whole number (kind 2, INT) or a list of them (kind 7, INTS). */
export function attribute(name: string, value: number | readonly number[]): Uint8Array {
  const held = typeof value === 'number' ? { i: value, type: 2 } : { ints: value, type: 7 };
  return ATTRIBUTE.encode({ name, ...held }).finish();
}

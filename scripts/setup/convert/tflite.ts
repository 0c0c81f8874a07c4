import { ByteBuffer } from 'flatbuffers';

/** Numbers of `BuiltinOperator` in the schema. */
export const OP = {
  add: 0,
  conv: 3,
  depthwiseConv: 4,
  dequantize: 6,
  maxPool: 17,
  mul: 18,
  relu: 19,
  reshape: 22,
  pad: 34,
  sub: 41,
  stridedSlice: 45,
  prelu: 54,
  abs: 101,
} as const;

/** Numbers of `TensorType` in the schema. */
const TYPE = { float32: 0, float16: 1, int32: 2 } as const;

export interface TfliteTensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly type: number;
  /** The constant's bytes; null for what is computed. */
  readonly data: Uint8Array | null;
}

export interface TfliteOperator {
  /** One of {@link OP}, or one that is not supported. */
  readonly code: number;
  /** Indices of tensors. */
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
  readonly options: Table | null;
}

export interface TfliteGraph {
  readonly tensors: readonly TfliteTensor[];
  readonly operators: readonly TfliteOperator[];
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
}

/** A flatbuffer table, its fields addressed by their number in the schema. */
export class Table {
  readonly #bytes: ByteBuffer;
  readonly #at: number;

  constructor(bytes: ByteBuffer, at: number) {
    this.#bytes = bytes;
    this.#at = at;
  }

  int8(field: number, otherwise = 0): number {
    const at = this.#field(field);
    return at === 0 ? otherwise : this.#bytes.readInt8(at);
  }

  int32(field: number, otherwise = 0): number {
    const at = this.#field(field);
    return at === 0 ? otherwise : this.#bytes.readInt32(at);
  }

  string(field: number): string {
    return Buffer.from(this.byteVector(field) ?? []).toString('utf8');
  }

  table(field: number): Table | null {
    const at = this.#field(field);
    return at === 0 ? null : new Table(this.#bytes, this.#bytes.__indirect(at));
  }

  byteVector(field: number): Uint8Array | null {
    const at = this.#field(field);
    if (at === 0) return null;
    const start = this.#bytes.__vector(at);
    return this.#bytes.bytes().subarray(start, start + this.#bytes.__vector_len(at));
  }

  int32Vector(field: number): number[] {
    return this.#vector(field, (at) => this.#bytes.readInt32(at));
  }

  tableVector(field: number): Table[] {
    return this.#vector(field, (at) => new Table(this.#bytes, this.#bytes.__indirect(at)));
  }

  #field(field: number): number {
    const offset = this.#bytes.__offset(this.#at, 4 + 2 * field);
    return offset === 0 ? 0 : this.#at + offset;
  }

  #vector<T>(field: number, read: (at: number) => T): T[] {
    const at = this.#field(field);
    if (at === 0) return [];
    const start = this.#bytes.__vector(at);
    return Array.from({ length: this.#bytes.__vector_len(at) }, (_, i) => read(start + 4 * i));
  }
}

/**
 * Read the first graph of a TensorFlow Lite file (schema version 3, tensorflow/lite/schema/schema.fbs).
 * @throws Error when the bytes are no such file
 */
export function readTflite(file: Uint8Array): TfliteGraph {
  const bytes = new ByteBuffer(file);
  if (!bytes.__has_identifier('TFL3')) throw new Error('Not a TensorFlow Lite file.');
  const model = new Table(bytes, bytes.readInt32(0));
  const codes = model.tableVector(1);
  const [graph] = model.tableVector(2);
  const buffers = model.tableVector(4);
  if (!graph) throw new Error('The file holds no graph.');
  return {
    tensors: graph.tableVector(0).map((tensor) => ({
      shape: tensor.int32Vector(0),
      type: tensor.int8(1),
      data: buffers[tensor.int32(2)]?.byteVector(0) ?? null,
      name: tensor.string(3),
    })),
    inputs: graph.int32Vector(1),
    outputs: graph.int32Vector(2),
    operators: graph.tableVector(3).map((operator) => {
      const code = codes[operator.int32(0)];
      if (!code) throw new Error('An operator has no code.');
      return {
        // Files from before the schema's 32-bit field (3) have the 8-bit one (0) only.
        code: Math.max(code.int8(0), code.int32(3)),
        inputs: operator.int32Vector(1),
        outputs: operator.int32Vector(2),
        options: operator.table(4),
      };
    }),
  };
}

/** A constant's numbers; half precision is widened. */
export function floatsOf({ name, type, data }: TfliteTensor): Float32Array {
  if (data && type === TYPE.float32) return new Float32Array(new Uint8Array(data).buffer);
  if (data && type === TYPE.float16) return Float32Array.from(new Float16Array(new Uint8Array(data).buffer));
  throw new Error(`${name} is no floating-point constant.`);
}

/** A constant's whole numbers. */
export function integersOf({ name, type, data }: TfliteTensor): Int32Array {
  if (data && type === TYPE.int32) return new Int32Array(new Uint8Array(data).buffer);
  throw new Error(`${name} is no whole-number constant.`);
}

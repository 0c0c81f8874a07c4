import { Builder } from 'flatbuffers';

export interface TinyTensor {
  readonly name: string;
  readonly shape: readonly number[];
  /** Left out for what is computed. */
  readonly data?: Float32Array | Float16Array | Int32Array;
}

/** Options are fields of the operator's own table: the number in the schema and an 8-bit or 32-bit value. */
export interface TinyOperator {
  readonly code: number;
  readonly inputs: readonly number[];
  readonly output: number;
  readonly options?: readonly (readonly [field: number, bits: 8 | 32, value: number])[];
}

/** Write a TensorFlow Lite file of one graph, for tests. The first tensor is the input. */
export function tinyTflite(tensors: readonly TinyTensor[], operators: readonly TinyOperator[]): Uint8Array {
  const b = new Builder();
  const offsets = (items: readonly number[]): number => {
    b.startVector(4, items.length, 4);
    for (const item of items.toReversed()) b.addOffset(item);
    return b.endVector();
  };
  const integers = (items: readonly number[]): number => {
    b.startVector(4, items.length, 4);
    for (const item of items.toReversed()) b.addInt32(item);
    return b.endVector();
  };
  const table = (fields: number, fill: () => void): number => {
    b.startObject(fields);
    fill();
    return b.endObject();
  };
  const bytesOf = ({ data }: TinyTensor): Uint8Array =>
    data ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength) : new Uint8Array();
  const typeOf = ({ data }: TinyTensor): number =>
    data instanceof Float16Array ? 1 : data instanceof Int32Array ? 2 : 0;

  const buffers = offsets(
    tensors.map((tensor) => {
      const data = b.createByteVector(bytesOf(tensor));
      return table(1, () => b.addFieldOffset(0, data, 0));
    }),
  );
  const tensorTables = offsets(
    tensors.map((tensor, i) => {
      const [shape, name] = [integers(tensor.shape), b.createString(tensor.name)];
      return table(4, () => {
        b.addFieldOffset(0, shape, 0);
        b.addFieldInt8(1, typeOf(tensor), 0);
        b.addFieldInt32(2, i, -1);
        b.addFieldOffset(3, name, 0);
      });
    }),
  );
  const operatorTables = offsets(
    operators.map(({ inputs, output, options = [] }, i) => {
      const [from, to] = [integers(inputs), integers([output])];
      const optionTable = table(8, () => {
        for (const [field, bits, value] of options) {
          if (bits === 8) b.addFieldInt8(field, value, -1);
          else b.addFieldInt32(field, value, -1);
        }
      });
      return table(5, () => {
        b.addFieldInt32(0, i, -1);
        b.addFieldOffset(1, from, 0);
        b.addFieldOffset(2, to, 0);
        b.addFieldOffset(4, optionTable, 0);
      });
    }),
  );
  const codes = offsets(operators.map(({ code }) => table(4, () => b.addFieldInt32(3, code, -1))));
  const [inputs, outputs] = [integers([0]), integers([tensors.length - 1])];
  const graph = table(4, () => {
    [tensorTables, inputs, outputs, operatorTables].forEach((offset, field) =>
      b.addFieldOffset(field, offset, 0),
    );
  });
  const graphs = offsets([graph]);
  b.finish(
    table(5, () => {
      b.addFieldOffset(1, codes, 0);
      b.addFieldOffset(2, graphs, 0);
      b.addFieldOffset(4, buffers, 0);
    }),
    'TFL3',
  );
  return b.asUint8Array();
}

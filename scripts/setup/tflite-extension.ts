import { Builder, ByteBuffer, type Offset } from 'flatbuffers';

/** Numbers from the TensorFlow Lite schema (tensorflow/lite/schema/schema.fbs, version 3). */
const FIELD = {
  model: { version: 0, operatorCodes: 1, subgraphs: 2, description: 3, buffers: 4, metadata: 6, count: 8 },
  subgraph: { tensors: 0, inputs: 1, outputs: 2, operators: 3, name: 4, count: 5 },
  tensor: { shape: 0, type: 1, buffer: 2, name: 3, count: 10 },
  operator: { opcodeIndex: 0, inputs: 1, outputs: 2, optionsType: 3, options: 4, count: 10 },
  operatorCode: { deprecatedCode: 0, version: 2, code: 3, count: 4 },
} as const;
const TYPE = { float32: 0, int32: 2 } as const;

/** Built-in operators with the number of their options table and its only field that matters here. */
const OPERATOR = {
  concatenation: { code: 2, version: 1, optionsType: 10 },
  gather: { code: 36, version: 1, optionsType: 23 },
  mean: { code: 40, version: 1, optionsType: 27 },
} as const;

/**
 * Extends a TensorFlow Lite file without touching its bytes: a new root table stands in front of them, shares what is
 * inside by offset, and adds tensors, operators and metadata. (A flatbuffer's offsets point forward only, and its
 * builder writes from the back, so the old file goes in first.)
 */
export class TfliteExtension {
  readonly #old: ByteBuffer;
  readonly #length: number;
  readonly #builder: Builder;
  readonly #model: number;
  readonly #subgraph: number;
  readonly #buffers: Offset[];
  readonly #tensors: Offset[];
  readonly #operators: Offset[] = [];
  readonly #codes: Offset[];
  readonly #names: string[];

  constructor(file: Uint8Array) {
    this.#old = new ByteBuffer(file);
    if (!this.#old.__has_identifier('TFL3')) throw new Error('Not a TensorFlow Lite file.');
    this.#length = Math.ceil(file.length / 16) * 16;
    this.#builder = new Builder(this.#length + 65_536);
    this.#builder.prep(16, this.#length);
    for (let i = this.#length - 1; i >= 0; i -= 1) this.#builder.writeInt8(file[i] ?? 0);

    this.#model = this.#old.readInt32(0);
    this.#subgraph = this.#elements(this.#model, FIELD.model.subgraphs)[0]!;
    this.#buffers = this.#elements(this.#model, FIELD.model.buffers).map((at) => this.#shared(at));
    this.#codes = this.#elements(this.#model, FIELD.model.operatorCodes).map((at) => this.#shared(at));
    const tensors = this.#elements(this.#subgraph, FIELD.subgraph.tensors);
    this.#tensors = tensors.map((at) => this.#shared(at));
    this.#names = tensors.map((at) => this.#old.__string(this.#field(at, FIELD.tensor.name)) as string);
  }

  /** Index of the tensor of this name. @throws Error when there is none */
  tensor(name: string): number {
    const index = this.#names.indexOf(name);
    if (index < 0) throw new Error(`The network has no tensor ${name}.`);
    return index;
  }

  /** Joins tensors along their last axis of four. @returns the new tensor's index */
  concatenate(inputs: readonly number[], length: number): number {
    return this.#operator('concatenation', inputs, length, (b) => b.addFieldInt32(0, 3, 0));
  }

  /** Picks entries of the last axis of four. @returns the new tensor's index */
  gather(input: number, indices: readonly number[]): number {
    const ids = this.#constant(indices);
    return this.#operator('gather', [input, ids], indices.length, (b) => b.addFieldInt32(0, 3, 0));
  }

  /** Mean over the last axis of four. @returns the new tensor's index */
  mean(input: number): number {
    return this.#operator('mean', [input, this.#constant([3])], 1, (b) => b.addFieldInt8(0, 1, 0));
  }

  /**
   * The extended file.
   * @param metadata content of its `TFLITE_METADATA` buffer
   * @param outputs indices of the graph's output tensors; those of the old file when left out
   */
  finish(metadata: Uint8Array, outputs?: readonly number[]): Uint8Array {
    const b = this.#builder;
    this.#buffers.push(this.#buffer(metadata));
    const name = b.createString('TFLITE_METADATA');
    const entry = this.#table(2, () => {
      b.addFieldOffset(0, name, 0);
      b.addFieldInt32(1, this.#buffers.length - 1, 0);
    });
    const entries = this.#vector([entry]);
    const buffers = this.#vector(this.#buffers);
    const codes = this.#vector(this.#codes);
    const subgraphs = this.#vector([this.#newSubgraph(outputs)]);
    const { model } = FIELD;
    const root = this.#table(model.count, () => {
      b.addFieldInt32(model.version, 3, 0);
      b.addFieldOffset(model.operatorCodes, codes, 0);
      b.addFieldOffset(model.subgraphs, subgraphs, 0);
      b.addFieldOffset(model.description, this.#target(this.#model, model.description), 0);
      b.addFieldOffset(model.buffers, buffers, 0);
      b.addFieldOffset(model.metadata, entries, 0);
    });
    b.finish(root, 'TFL3');
    return b.asUint8Array();
  }

  #newSubgraph(outputs?: readonly number[]): Offset {
    const b = this.#builder;
    const { subgraph } = FIELD;
    const old = this.#elements(this.#subgraph, subgraph.operators).map((at) => this.#shared(at));
    const tensors = this.#vector(this.#tensors);
    const operators = this.#vector([...old, ...this.#operators]);
    const outputIds = outputs ? this.#integers(outputs) : this.#target(this.#subgraph, subgraph.outputs);
    return this.#table(subgraph.count, () => {
      b.addFieldOffset(subgraph.tensors, tensors, 0);
      b.addFieldOffset(subgraph.inputs, this.#target(this.#subgraph, subgraph.inputs), 0);
      b.addFieldOffset(subgraph.outputs, outputIds, 0);
      b.addFieldOffset(subgraph.operators, operators, 0);
      b.addFieldOffset(subgraph.name, this.#target(this.#subgraph, subgraph.name), 0);
    });
  }

  #operator(
    kind: keyof typeof OPERATOR,
    inputs: readonly number[],
    length: number,
    options: (builder: Builder) => void,
  ): number {
    const b = this.#builder;
    const output = this.#newTensor([1, 1, 1, length], TYPE.float32, 0);
    const { code, version, optionsType } = OPERATOR[kind];
    const { operatorCode, operator } = FIELD;
    this.#codes.push(
      this.#table(operatorCode.count, () => {
        b.addFieldInt8(operatorCode.deprecatedCode, code, 0);
        b.addFieldInt32(operatorCode.version, version, 1);
        b.addFieldInt32(operatorCode.code, code, 0);
      }),
    );
    const inputIds = this.#integers(inputs);
    const outputIds = this.#integers([output]);
    const optionsTable = this.#table(2, () => options(b));
    this.#operators.push(
      this.#table(operator.count, () => {
        b.addFieldInt32(operator.opcodeIndex, this.#codes.length - 1, 0);
        b.addFieldOffset(operator.inputs, inputIds, 0);
        b.addFieldOffset(operator.outputs, outputIds, 0);
        b.addFieldInt8(operator.optionsType, optionsType, 0);
        b.addFieldOffset(operator.options, optionsTable, 0);
      }),
    );
    return output;
  }

  #constant(values: readonly number[]): number {
    this.#buffers.push(this.#buffer(new Uint8Array(Int32Array.from(values).buffer)));
    return this.#newTensor([values.length], TYPE.int32, this.#buffers.length - 1);
  }

  /** Buffer 0 is empty by the schema's convention: a tensor that is computed. */
  #newTensor(shape: readonly number[], type: number, buffer: number): number {
    const b = this.#builder;
    const { tensor } = FIELD;
    const name = b.createString(`merged_${this.#tensors.length}`);
    const dimensions = this.#integers(shape);
    this.#tensors.push(
      this.#table(tensor.count, () => {
        b.addFieldOffset(tensor.shape, dimensions, 0);
        b.addFieldInt8(tensor.type, type, 0);
        b.addFieldInt32(tensor.buffer, buffer, 0);
        b.addFieldOffset(tensor.name, name, 0);
      }),
    );
    return this.#tensors.length - 1;
  }

  #buffer(data: Uint8Array): Offset {
    const b = this.#builder;
    b.startVector(1, data.length, 16);
    for (let i = data.length - 1; i >= 0; i -= 1) b.addInt8(data[i]!);
    const vector = b.endVector();
    return this.#table(1, () => b.addFieldOffset(0, vector, 0));
  }

  #table(fields: number, fill: () => void): Offset {
    this.#builder.startObject(fields);
    fill();
    return this.#builder.endObject();
  }

  #vector(offsets: readonly Offset[]): Offset {
    this.#builder.startVector(4, offsets.length, 4);
    for (const offset of offsets.toReversed()) this.#builder.addOffset(offset);
    return this.#builder.endVector();
  }

  #integers(values: readonly number[]): Offset {
    this.#builder.startVector(4, values.length, 4);
    for (const value of values.toReversed()) this.#builder.addInt32(value);
    return this.#builder.endVector();
  }

  /** Where a field of an old table is, or 0. */
  #field(table: number, field: number): number {
    const offset = this.#old.__offset(table, 4 + 2 * field);
    return offset === 0 ? 0 : table + offset;
  }

  /** What a field of an old table points at, as an offset of the new file; 0 when the field is absent. */
  #target(table: number, field: number): Offset {
    const at = this.#field(table, field);
    return at === 0 ? 0 : this.#shared(this.#old.__indirect(at));
  }

  /** Positions of the tables in a vector of an old table. */
  #elements(table: number, field: number): number[] {
    const at = this.#field(table, field);
    if (at === 0) return [];
    const start = this.#old.__vector(at);
    return Array.from({ length: this.#old.__vector_len(at) }, (_, i) => this.#old.__indirect(start + 4 * i));
  }

  /** A position in the old file as the builder counts: from the end. */
  #shared(position: number): Offset {
    return this.#length - position;
  }
}

/** One field of a protocol buffer: its key, its length and its content. */
export function field(number: number, content: Uint8Array | string): Uint8Array {
  const bytes = Buffer.from(content);
  return Buffer.concat([varint(number * 8 + 2), varint(bytes.length), bytes]);
}

/** The same of a whole number from 0 on. */
const count = (number: number, value: number): Uint8Array =>
  Buffer.concat([varint(number * 8), varint(value)]);

function varint(value: number): Uint8Array {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 127; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128);
  return Uint8Array.of(...bytes, rest);
}

/** A model of one graph that is made of these fields. */
export const modelOf = (...graph: Uint8Array[]): Uint8Array =>
  Buffer.concat([count(1, 4), field(8, count(2, 9)), field(7, Buffer.concat(graph))]);

/** An embedding network of few bytes: it answers the first values of a picture. */
export function tinyNetwork(side: number, dimension: number): Uint8Array {
  return modelOf(
    field(1, node('Flatten', 'picture', 'values')),
    field(1, node('Slice', 'values', 'answer', ints('axes', 1), ints('starts', 0), ints('ends', dimension))),
    field(2, 'tiny'),
    field(11, value('picture', 1, 3, side, side)),
    field(12, value('answer', 1, dimension)),
  );
}

const node = (type: string, from: string, to: string, ...attributes: Uint8Array[]): Uint8Array =>
  Buffer.concat([field(1, from), field(2, to), field(4, type), ...attributes.map((one) => field(5, one))]);

const ints = (name: string, of: number): Uint8Array =>
  Buffer.concat([field(1, name), count(8, of), count(20, 7)]);

/** A value of single-precision numbers. */
function value(name: string, ...lengths: number[]): Uint8Array {
  const shape = Buffer.concat(lengths.map((length) => field(1, count(1, length))));
  return Buffer.concat([field(1, name), field(2, field(1, Buffer.concat([count(1, 1), field(2, shape)])))]);
}

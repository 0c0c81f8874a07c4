import { LintelError } from '#contract/errors';

/** The largest networks that recognise faces, of 100 layers, take 260 MB. */
export const MOST_NETWORK_BYTES = 1 << 29;
/** Ten times what such a network has. */
const MOST_PARTS = 50_000;

/** Wire types of protocol buffers, and what follows the key of each field. */
const VARINT = 0;
const FIXED_64 = 1;
const BYTES = 2;
const FIXED_32 = 5;

/** Messages of onnx/onnx.proto that hold parts of a network, themselves or in others. */
type Kind = 'model' | 'training' | 'function' | 'graph' | 'node' | 'attribute' | 'sparse' | 'tensor';

/** Which fields of each kind of message hold further ones. */
const INNER: Readonly<Record<Kind, Readonly<Record<number, Kind>>>> = {
  model: { 7: 'graph', 20: 'training', 25: 'function' },
  training: { 1: 'graph', 2: 'graph' },
  function: { 7: 'node', 11: 'attribute' },
  graph: { 1: 'node', 5: 'tensor', 15: 'sparse' },
  node: { 5: 'attribute' },
  attribute: { 5: 'tensor', 6: 'graph', 10: 'tensor', 11: 'graph', 22: 'sparse', 23: 'sparse' },
  sparse: { 1: 'tensor', 2: 'tensor' },
  tensor: {},
};
const MODEL_GRAPH = 7;
/** Where a tensor says that its numbers are in another file. */
const TENSOR_EXTERNAL = 13;

/**
 * Look through an ONNX file before anything runs it: it is one message to its last byte, holds one graph of a bounded
 * number of parts, and names no other file that the runtime would read for it, however deep: the digest of this file
 * has to stand for everything that decides who is recognised.
 * @throws LintelError `model-unfit`
 */
export function inspectOnnx(bytes: Uint8Array): void {
  if (bytes.length > MOST_NETWORK_BYTES) {
    throw unfit(`it is larger than ${MOST_NETWORK_BYTES / 2 ** 20} MB`);
  }
  let [graphs, parts] = [0, 0];
  // A list of its own, not calls within calls: a file nests as deep as it likes.
  const left: (readonly [Kind, Uint8Array])[] = [['model', bytes]];
  for (let next = left.pop(); next !== undefined; next = left.pop()) {
    const [kind, message] = next;
    for (const { number, content } of fieldsOf(message)) {
      if (kind === 'model' && number === MODEL_GRAPH) graphs++;
      if (kind === 'tensor' && number === TENSOR_EXTERNAL) throw unfit('its weights are in another file');
      const inner = INNER[kind][number];
      if (inner === undefined || content === null) continue;
      if ((inner === 'node' || inner === 'tensor') && ++parts > MOST_PARTS) {
        throw unfit(`it has more than ${MOST_PARTS} parts`);
      }
      left.push([inner, content]);
    }
  }
  if (graphs !== 1 || parts === 0) throw unfit('it is no ONNX file');
}

const unfit = (why: string): LintelError => new LintelError('model-unfit', `(${why})`);

interface Field {
  readonly number: number;
  /** Null for a number. */
  readonly content: Uint8Array | null;
}

/** The fields of one message. @throws LintelError `model-unfit` where the bytes are none */
function* fieldsOf(message: Uint8Array): Generator<Field> {
  let at = 0;
  const varint = (): number => {
    let value = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      const byte = message[at++];
      if (byte === undefined) break;
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
    throw unfit('it is no ONNX file');
  };
  while (at < message.length) {
    const key = varint();
    const number = Math.floor(key / 8);
    const type = key % 8;
    let content: Uint8Array | null = null;
    if (type === VARINT) varint();
    else if (type === FIXED_64) at += 8;
    else if (type === FIXED_32) at += 4;
    else if (type === BYTES) {
      const length = varint();
      content = message.subarray(at, at + length);
      at += length;
    } else throw unfit('it is no ONNX file');
    if (number === 0 || at > message.length) throw unfit('it is no ONNX file');
    yield { number, content };
  }
}

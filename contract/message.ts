import { decode, encode } from '@msgpack/msgpack';
import { LintelError } from './errors.ts';

/** Containers within containers: the deepest message, a push of templates, has 9. */
const MAX_DEPTH = 16;

/**
 * Values in one message. The largest page of changes that the protocol allows has some 400,000; the smallest value in
 * a message, one byte, takes up to 56 bytes in memory.
 */
const MAX_VALUES = 500_000;

/** A message as MessagePack. Members that are undefined are left out. */
export const encodeMessage = (message: unknown): Uint8Array => encode(message, { ignoreUndefined: true });

/**
 * Decode a message from a party that is not trusted. Its headers are walked first, which allocates nothing: what they
 * declare never exceeds what the message holds.
 * @throws LintelError `message-malformed`
 */
export function decodeMessage(bytes: Uint8Array): unknown {
  requireBounded(bytes);
  try {
    return decode(bytes);
  } catch (cause) {
    throw new LintelError('message-malformed', undefined, { cause });
  }
}

/** @throws LintelError `message-malformed` */
function requireBounded(bytes: Uint8Array): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  /** Values still to come in each container that was begun; the message itself is the first. */
  const open = [1];
  /** Their sum. Each of them takes a byte at least. */
  let due = 1;
  let values = 0;
  let at = 0;
  while (open.length > 0) {
    const last = open.length - 1;
    if (open[last] === 0) {
      open.pop();
      continue;
    }
    open[last]!--;
    due--;
    if (at >= bytes.length) throw malformed('it breaks off');
    const { size, children } = headerAt(view, at);
    at += size;
    due += children;
    values += children;
    if (at + due > bytes.length) throw malformed('it claims more than it holds');
    if (values > MAX_VALUES) throw malformed('it has too many values');
    if (children === 0) continue;
    if (open.length > MAX_DEPTH) throw malformed('it is nested too deeply');
    open.push(children);
  }
  if (at < bytes.length) throw malformed('something follows it');
}

interface Header {
  /** Bytes of the header, and of the text, bytes or number that it announces. */
  readonly size: number;
  /** Values that follow and belong to it. */
  readonly children: number;
}

/** Of the value that begins at a byte (https://github.com/msgpack/msgpack/blob/master/spec.md, Formats). */
function headerAt(view: DataView, at: number): Header {
  const first = view.getUint8(at);
  if (first <= 0x7f || first >= 0xe0) return leaf(1);
  if (first <= 0x8f) return { size: 1, children: 2 * (first & 0x0f) };
  if (first <= 0x9f) return { size: 1, children: first & 0x0f };
  if (first <= 0xbf) return leaf(1 + (first & 0x1f));
  switch (first) {
    case 0xc0:
    case 0xc2:
    case 0xc3:
      return leaf(1);
    case 0xc4:
    case 0xd9:
      return leaf(2 + lengthAt(view, at, 1));
    case 0xc5:
    case 0xda:
      return leaf(3 + lengthAt(view, at, 2));
    case 0xc6:
    case 0xdb:
      return leaf(5 + lengthAt(view, at, 4));
    case 0xcc:
    case 0xd0:
      return leaf(2);
    case 0xcd:
    case 0xd1:
      return leaf(3);
    case 0xca:
    case 0xce:
    case 0xd2:
      return leaf(5);
    case 0xcb:
    case 0xcf:
    case 0xd3:
      return leaf(9);
    case 0xdc:
      return { size: 3, children: lengthAt(view, at, 2) };
    case 0xdd:
      return { size: 5, children: lengthAt(view, at, 4) };
    case 0xde:
      return { size: 3, children: 2 * lengthAt(view, at, 2) };
    case 0xdf:
      return { size: 5, children: 2 * lengthAt(view, at, 4) };
    default:
      // Extensions, of which no message of ours has any, and the one byte that means nothing.
      throw malformed('it holds a type that no message has');
  }
}

const leaf = (size: number): Header => ({ size, children: 0 });

/** The big-endian number of some bytes after a first byte. */
function lengthAt(view: DataView, at: number, bytes: 1 | 2 | 4): number {
  if (at + 1 + bytes > view.byteLength) throw malformed('it breaks off');
  if (bytes === 1) return view.getUint8(at + 1);
  return bytes === 2 ? view.getUint16(at + 1) : view.getUint32(at + 1);
}

const malformed = (why: string): LintelError => new LintelError('message-malformed', `(${why})`);

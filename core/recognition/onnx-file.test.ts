import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { inspectOnnx } from './onnx-file.ts';
import { field, modelOf, tinyNetwork } from './testing/onnx.ts';

const NODE = field(1, Uint8Array.of());
/** A tensor whose numbers are in another file. */
const ELSEWHERE = field(13, 'weights');
/** A part of a graph with an attribute. */
const nodeWith = (attribute: Uint8Array): Uint8Array => field(1, field(5, attribute));

describe('an ONNX file that is looked through', () => {
  it('is taken when it is one graph, as set-up brings them', async () => {
    expect(() => inspectOnnx(modelOf(NODE))).not.toThrow();
    expect(() => inspectOnnx(tinyNetwork(32, 32))).not.toThrow();
    const shipped = await readFile(new URL('../../models/weights/fr_landmark.onnx', import.meta.url));
    expect(() => inspectOnnx(shipped)).not.toThrow();
    expect(() => inspectOnnx(shipped.subarray(0, -1))).toThrow('no embedding network');
  });

  it.each<[string, Uint8Array, string]>([
    ['nothing', Uint8Array.of(), 'no ONNX file'],
    ['words', Buffer.from('words that are no network'), 'no ONNX file'],
    ['an empty graph', modelOf(), 'no ONNX file'],
    ['two graphs', Buffer.concat([modelOf(NODE), modelOf(NODE)]), 'no ONNX file'],
    ['a length beyond the end', Uint8Array.of(58, 200, 1, 10, 0), 'no ONNX file'],
    ['a number without end', Uint8Array.from({ length: 30 }, () => 0xff), 'no ONNX file'],
    ['weights in another file', modelOf(NODE, field(5, ELSEWHERE)), 'another file'],
    ['a constant in another file', modelOf(nodeWith(field(5, ELSEWHERE))), 'another file'],
    ['constants in another file', modelOf(nodeWith(field(10, ELSEWHERE))), 'another file'],
    ['sparse weights in another file', modelOf(NODE, field(15, field(1, ELSEWHERE))), 'another file'],
    [
      'a branch with weights in another file',
      modelOf(nodeWith(field(6, field(5, ELSEWHERE)))),
      'another file',
    ],
    [
      'a function with a constant in another file',
      Buffer.concat([modelOf(NODE), field(25, field(7, field(5, field(5, ELSEWHERE))))]),
      'another file',
    ],
    ['very many parts', modelOf(...Array.from({ length: 50_001 }, () => NODE)), 'more than'],
    [
      'very many parts in a branch',
      modelOf(nodeWith(field(6, Buffer.concat(Array.from({ length: 50_000 }, () => NODE))))),
      'more than',
    ],
  ])('is refused: %s', (_, bytes, why) => {
    expect(() => inspectOnnx(bytes)).toThrow(why);
  });
});

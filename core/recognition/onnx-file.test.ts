import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { inspectOnnx } from './onnx-file.ts';

/** One field of a message: its key, its length and its content. */
const field = (number: number, content: Uint8Array): Uint8Array =>
  Uint8Array.of(number * 8 + 2, content.length, ...content);
const NODE = field(1, Uint8Array.of());
const modelOf = (...parts: Uint8Array[]): Uint8Array => field(7, Buffer.concat(parts));

describe('an ONNX file that is looked through', () => {
  it('is taken when it is one graph, as set-up brings them', async () => {
    expect(() => inspectOnnx(modelOf(NODE))).not.toThrow();
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
    ['weights in another file', modelOf(NODE, field(5, field(13, Buffer.from('weights')))), 'another file'],
    ['very many parts', longField(7, Buffer.concat(Array.from({ length: 50_001 }, () => NODE))), 'more than'],
  ])('is refused: %s', (_, bytes, why) => {
    expect(() => inspectOnnx(bytes)).toThrow(why);
  });
});

/** The same with a length of several bytes. */
function longField(number: number, content: Uint8Array): Uint8Array {
  const length: number[] = [];
  for (let rest = content.length; rest > 0; rest = Math.floor(rest / 128)) {
    length.push((rest % 128) + (rest >= 128 ? 128 : 0));
  }
  return Buffer.concat([Uint8Array.of(number * 8 + 2, ...length), content]);
}

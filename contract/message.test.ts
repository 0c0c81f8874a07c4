import { encode } from '@msgpack/msgpack';
import { describe, expect, it } from 'vitest';
import { decodeMessage, encodeMessage } from './message.ts';

const hex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, 'hex'));
const malformed = { code: 'message-malformed' };

/** Of every format that a message may have, and of every length of header. */
const VALUES = [
  null,
  true,
  false,
  0,
  127,
  128,
  65_535,
  65_536,
  2 ** 32,
  -1,
  -32,
  -33,
  -129,
  -32_769,
  -(2 ** 33),
  0.5,
  '',
  'a',
  'a'.repeat(31),
  'ü'.repeat(100),
  'a'.repeat(300),
  'a'.repeat(70_000),
  new Uint8Array(3),
  new Uint8Array(300),
  new Uint8Array(70_000),
  [],
  Array.from({ length: 15 }, (_, i) => i),
  Array.from({ length: 300 }, (_, i) => [i]),
  Array.from({ length: 70_000 }, () => null),
  {},
  { a: { b: [{ c: 1 }] } },
  Object.fromEntries(Array.from({ length: 300 }, (_, i) => [`k${i}`, i])),
  Object.fromEntries(Array.from({ length: 70_000 }, (_, i) => [`k${i}`, i])),
];

describe('a message', () => {
  it('is decoded as it was encoded', () => {
    for (const value of VALUES) expect(decodeMessage(encodeMessage(value))).toEqual(value);
    expect(decodeMessage(encodeMessage({ a: undefined, b: 1 }))).toEqual({ b: 1 });
    const float32 = encode(0.5, { forceFloat32: true });
    expect(decodeMessage(float32)).toBe(0.5);
  });

  it('is refused wherever it breaks off, and when something follows it', () => {
    for (const value of VALUES.filter((each) => encodeMessage(each).length < 1000)) {
      const bytes = encodeMessage(value);
      for (let length = 0; length < bytes.length; length++) {
        expect(() => decodeMessage(bytes.subarray(0, length))).toThrow(expect.objectContaining(malformed));
      }
      expect(() => decodeMessage(Uint8Array.of(...bytes, 0))).toThrow(expect.objectContaining(malformed));
    }
  });

  it.each([
    ['arrays in arrays that each claim 33 million values', 'dd01ffffff'.repeat(20)],
    ['maps in maps that do', 'df01ffffff'.repeat(20)],
    ['an array of four thousand million values', 'ddffffffff'],
    ['a map of as many', 'dfffffffff'],
    ['a text of four gigabytes', 'dbffffffff'],
    ['bytes of four gigabytes', 'c6ffffffff'],
    ['a claim that only its siblings contradict', `92dc0004${'c0'.repeat(4)}`],
    ['an extension', 'd6ff00000000'],
    ['a byte that means nothing', 'c1'],
    ['a key that is no text', '8190c0'],
    ['a key that would be a prototype', '81a95f5f70726f746f5f5f80'],
  ])('is refused before it takes memory: %s', (_, bytes) => {
    expect(() => decodeMessage(hex(bytes))).toThrow(expect.objectContaining(malformed));
  });

  it.each([
    ['an array whose values are not there', '93c0c0'],
    ['a map whose keys are not there', '83a161c0'],
    ['a text that is not there', 'a261'],
    ['values that their siblings have no room for', '92dc0003c0c0c0'],
  ])('is refused by its headers when it claims more than it holds: %s', (_, bytes) => {
    const message = expect.stringContaining('(it claims more than it holds)');
    expect(() => decodeMessage(hex(bytes))).toThrow(expect.objectContaining({ ...malformed, message }));
  });

  it('has sixteen containers within each other at most', () => {
    const nested = (depth: number): Uint8Array => hex(`${'91'.repeat(depth)}c0`);
    expect(decodeMessage(nested(16))).toBeDefined();
    expect(() => decodeMessage(nested(17))).toThrow(expect.objectContaining(malformed));
    expect(() => decodeMessage(nested(100_000))).toThrow(expect.objectContaining(malformed));
  });

  it('has half a million values at most, however small', () => {
    const many = (count: number): Uint8Array =>
      Buffer.concat([hex(`dd${count.toString(16).padStart(8, '0')}`), Buffer.alloc(count, 0x80)]);
    expect(decodeMessage(many(500_000))).toHaveLength(500_000);
    expect(() => decodeMessage(many(500_001))).toThrow(expect.objectContaining(malformed));
  });
});

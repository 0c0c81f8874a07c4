import { assert, pre, property, string } from 'fast-check';
import { expect, it } from 'vitest';
import { ExternalKey } from '#contract';
import { keyOfName, nameOfKey } from './key-of-name.ts';

it.each([
  ['101', '101'],
  ['a@b.example', 'a@b.example'],
  ['John Doe', 'John%20Doe'],
  ['রহিম', '%E0%A6%B0%E0%A6%B9%E0%A6%BF%E0%A6%AE'],
  ['100%', '100%'],
])('stands for %j by %j', (name, key) => {
  expect(keyOfName(name)).toBe(key);
  expect(nameOfKey(key)).toBe(name);
});

it('gives a key for every name, and the name back unless it looks encoded itself', () => {
  assert(
    property(string({ minLength: 1, maxLength: 20, unit: 'grapheme' }), (name) => {
      const key = keyOfName(name);
      expect(ExternalKey.safeParse(key).success).toBe(true);
      pre(!/%[0-9a-f]{2}/i.test(name));
      expect(nameOfKey(key)).toBe(name);
    }),
  );
});

it.each(['%zz', '%E0%A6', '%41'])('leaves %j, which stands for no name, as it is', (key) => {
  expect(nameOfKey(key)).toBe(key);
});

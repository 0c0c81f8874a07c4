/** Spoils requests and images, by chance but repeatably. */

export type Random = () => number;

/** One of the values, all as likely. */
export const pick = <T>(random: Random, values: readonly T[]): T =>
  values[Math.floor(random() * values.length)] as T;

const below = (random: Random, limit: number): number => Math.floor(random() * limit);

/** Bytes with some of them changed, removed, repeated or moved. */
export function mutateBytes(random: Random, bytes: Buffer): Buffer {
  const result = Buffer.from(bytes);
  const [a, b] = [below(random, bytes.length + 1), below(random, bytes.length + 1)].toSorted(
    (x, y) => x - y,
  ) as [number, number];
  switch (below(random, 6)) {
    case 0:
      return result.subarray(0, a);
    case 1:
      return Buffer.concat([result.subarray(0, a), result.subarray(b)]);
    case 2:
      return Buffer.concat([result.subarray(0, b), result.subarray(a)]).subarray(0, 200_000);
    case 3:
      return Buffer.concat([result.subarray(b), result.subarray(0, b)]);
    default:
      // Most often a few bytes near the beginning, where sizes and tables are.
      for (let i = 0; i <= below(random, 8) && result.length > 0; i++) {
        result[below(random, random() < 0.7 ? Math.min(700, result.length) : result.length)] = below(
          random,
          256,
        );
      }
      return result;
  }
}

const HOSTILE: readonly unknown[] = [
  null,
  true,
  0,
  -1,
  1e308,
  0.1,
  '',
  ' ',
  'a b',
  '\u0000',
  '\ud800',
  'ü',
  '../../etc/passwd',
  "'; DROP TABLE faces; --",
  '%00',
  'x'.repeat(513),
  'x'.repeat(20_000),
  [],
  ['c'],
  {},
  { toString: 'x' },
  [[[[[[]]]]]],
];

/** The object with one of its properties, at any depth, replaced, removed or added. */
export function mutateObject(random: Random, value: Record<string, unknown>): Record<string, unknown> {
  const names = Object.keys(value);
  const name = pick(random, names);
  const before = value[name];
  if (isObject(before) && random() < 0.6) return { ...value, [name]: mutateObject(random, before) };
  switch (below(random, 4)) {
    case 0:
      return Object.fromEntries(Object.entries(value).filter(([other]) => other !== name));
    case 1:
      return {
        ...value,
        [pick(random, ['x', '__proto__x', 'constructor', 'length', ''])]: pick(random, HOSTILE),
      };
    default:
      return { ...value, [name]: pick(random, HOSTILE) };
  }
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && Object.keys(value).length > 0;

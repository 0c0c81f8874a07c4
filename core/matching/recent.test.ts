import { expect, it, vi } from 'vitest';
import { Recent } from './recent.ts';

it('keeps what was asked for last, and makes the rest again', () => {
  const recent = new Recent<string, string>(2);
  const make = vi.fn<() => string>(() => 'value');
  for (const key of ['a', 'b', 'a', 'c', 'a', 'b']) expect(recent.get(key, make)).toBe('value');
  // Of the second time `b` was let go of for `c`.
  expect(make).toHaveBeenCalledTimes(4);
});

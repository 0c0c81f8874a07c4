import { expect, it } from 'vitest';
import { quantile } from './quantile.ts';

it('a quantile is one of the numbers', () => {
  expect(quantile([3, 1, 2], 0.5)).toBe(2);
  expect(quantile([3, 1, 2], 0.99)).toBe(3);
  expect(quantile([4, 1, 3, 2], 0.5)).toBe(2);
  expect(quantile([4, 1, 3, 2], 0)).toBe(1);
  expect(quantile([], 0.5)).toBeNaN();
});

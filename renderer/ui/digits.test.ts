import { expect, it } from 'vitest';
import { digitOf } from './digits.ts';

it('reads the digits of Latin, Arabic and Persian keyboards', () => {
  expect(['0', '7', '٠', '٧', '۰', '۷'].map(digitOf)).toEqual(['0', '7', '0', '7', '0', '7']);
});

it('takes nothing else for a digit', () => {
  expect(['a', 'Enter', '', '12', 'F2', '²'].map(digitOf)).toEqual([null, null, null, null, null, null]);
});

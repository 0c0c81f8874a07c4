import { expect, it } from 'vitest';
import { typicalOf } from './typical.ts';

const at = (degrees: number): Float32Array =>
  Float32Array.of(Math.cos((degrees * Math.PI) / 180), Math.sin((degrees * Math.PI) / 180));

it('takes the template that is most like the others', () => {
  const templates = [at(80), at(10), at(0), at(14)];
  expect(typicalOf(templates)).toBe(templates[3]);
  expect(typicalOf([templates[0]!])).toBe(templates[0]);
  expect(typicalOf([])).toBeUndefined();
});

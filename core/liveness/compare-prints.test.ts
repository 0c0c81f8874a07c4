import { expect, it } from 'vitest';
import { compareAhead, differenceOf } from './compare-prints.ts';
import { printDifference } from './prints.ts';
import { modelPrint } from './testing/model-head.ts';

const traceOf = (print: Uint8Array | null) => ({ digest: '', print });

it('compares a frame with those before it and with earlier visits, so that it is not done again', () => {
  const [earlier, before, own] = [1, 2, 3].map(modelPrint) as [Uint8Array, Uint8Array, Uint8Array];
  const [toBefore, toEarlier] = [printDifference(before, own), printDifference(own, earlier)];
  compareAhead(traceOf(own), [traceOf(before), traceOf(null)], [traceOf(earlier), traceOf(null)]);
  // What is not computed again does not notice it.
  own.fill(0);
  expect(differenceOf(before, own)).toBe(toBefore);
  expect(differenceOf(own, earlier)).toBe(toEarlier);
});

it('passes over a frame without a face', () => {
  expect(() => compareAhead(traceOf(null), [traceOf(modelPrint(1))], [])).not.toThrow();
});

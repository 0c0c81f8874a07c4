import { expect, it } from 'vitest';
import { giveBack } from './give-back.ts';

it('memory that an array has to itself is given back, any other is left alone', () => {
  const own = new Float32Array(1000);
  giveBack(own);
  expect(own).toHaveLength(0);
  const whole = new Uint8Array(1000).fill(7);
  const part = whole.subarray(1);
  giveBack(part);
  expect(part).toHaveLength(999);
  const shared = new Uint8Array(new SharedArrayBuffer(8));
  giveBack(shared);
  expect(shared).toHaveLength(8);
});

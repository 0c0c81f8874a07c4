import { expect, it } from 'vitest';
import { Attempts } from './attempts.ts';

const STEPS = ['turn-left', 'turn-right', 'nod', 'blink', 'smile'] as const;

it('a pause outlasts any number of other people that a page names', () => {
  const attempts = new Attempts(() => 0);
  for (let i = 0; i < 5; i++) attempts.note('kim', 'failed');
  expect(() => attempts.admit('kim')).toThrow(expect.objectContaining({ code: 'rate-limited' }));
  for (let i = 0; i < 6_000; i++) attempts.challenge(`somebody ${i}`, STEPS, []);
  expect(() => attempts.admit('kim')).toThrow(expect.objectContaining({ code: 'rate-limited' }));
});

it('of people who all failed, those who tried longest ago are forgotten, never the one who tries now', () => {
  const attempts = new Attempts(() => 0);
  for (let i = 0; i < 5; i++) attempts.note('kim', 'failed');
  for (let i = 0; i < 5_000; i++) attempts.note(`somebody ${i}`, 'failed');
  expect(() => attempts.admit('kim')).not.toThrow();
  const first = attempts.challenge('robin', STEPS, []);
  expect(attempts.challenge('robin', STEPS, [])).toEqual(first);
});

import { expect, it } from 'vitest';
import { reasonTexts } from './event-words.ts';

it('tells reasons of the same words once', () => {
  expect(
    reasonTexts(['frames-not-genuine', 'frames-frozen', 'light-missing', 'light-late', 'no-match']),
  ).toEqual([
    expect.stringContaining('did not fit together'),
    expect.stringContaining('light of the screen'),
    expect.stringContaining('resembles nobody'),
  ]);
});

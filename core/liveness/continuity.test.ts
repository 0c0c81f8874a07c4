import { describe, expect, it } from 'vitest';
import { repetitionOf } from './continuity.ts';

/** A stream by what each frame shows: equal letters are copies. */
function streamOf(pictures: string): ReturnType<typeof repetitionOf> {
  const frames = pictures.split('').map((picture, i) => ({ capturedAt: 40 * i, picture }));
  const copies = frames.flatMap((a, i) =>
    frames.slice(i + 1).flatMap((b) => (a.picture === b.picture ? [[a, b] as const] : [])),
  );
  // As they are sent: steps first, then the rest.
  return repetitionOf(frames.toReversed(), copies);
}

describe('a stream of frames', () => {
  it.each<[string, string[]]>([
    ['abcdef', []],
    ['', []],
    ['aaaaaa', ['frames-frozen']],
    ['abccde', ['frames-frozen']],
    ['abcabc', ['frames-looped']],
    ['abca', ['frames-looped']],
    ['abccab', ['frames-frozen', 'frames-looped']],
  ])('%j repeats itself as %j', (pictures, reasons) => {
    expect(streamOf(pictures)).toEqual(reasons);
  });
});

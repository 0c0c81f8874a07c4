import { describe, expect, it } from 'vitest';
import { decodeImage } from '#core/recognition';
import { inWhole, isOfSubject, type Subject } from './drawing.ts';
import { KINDS } from './kinds.ts';

const [WIDTH, HEIGHT] = [120, 90];
const BOX = { x: 30, y: 20, width: 40, height: 50 };
/** Where the picture is white; black elsewhere. */
const SPOT = { x: 58, y: 32 };

const subject: Subject = {
  width: WIDTH,
  height: HEIGHT,
  data: Uint8Array.from({ length: 3 * WIDTH * HEIGHT }, (_, i) => {
    const [x, y] = [Math.floor(i / 3) % WIDTH, Math.floor(i / 3 / WIDTH)];
    return Math.hypot(x + 0.5 - SPOT.x, y + 0.5 - SPOT.y) < 4 ? 255 : 0;
  }),
  face: {
    boundingBox: BOX,
    landmarks: Array.from({ length: 68 }, (_, i) => ({
      x: i === 30 ? 80 : i < 42 ? 42 : 56,
      y: i === 30 ? 45 : 35,
    })),
  },
  seed: 1,
};

/** The middle of what is white. */
async function spotIn(encoded: Uint8Array): Promise<{ x: number; y: number; width: number; height: number }> {
  const { data, width, height } = await decodeImage(encoded);
  let [x, y, sum] = [0, 0, 0];
  for (let i = 0; i < width * height; i++) {
    // Grey is what a rolled picture is filled up with.
    const weight = Math.max(0, data[3 * i]! - 140);
    x += weight * ((i % width) + 0.5);
    y += weight * (Math.floor(i / width) + 0.5);
    sum += weight;
  }
  return { x: x / sum, y: y / sum, width, height };
}

describe('a point of a spoiled picture', () => {
  it.each([
    'untouched',
    'turned by 90°',
    'turned by 180°',
    'turned by 270°',
    'rolled by 60°',
    'blurred by motion',
    '24-pixel face',
    '24-pixel face, enlarged',
    'stretched by 1.7',
    'cut off',
  ])('is where it was in the whole one: %s', async (name) => {
    const { x, y, ...size } = await spotIn(await KINDS[name]!.spoil(subject));
    const whole = inWhole(KINDS[name]!, { x, y }, size, subject);
    expect(Math.hypot(whole.x - SPOT.x, whole.y - SPOT.y)).toBeLessThan(1.5);
  });
});

it('a face is of the person whose picture was spoiled when its middle lies in the box of that one', () => {
  const turned = KINDS['turned by 90°']!;
  const size = { width: HEIGHT, height: WIDTH };
  // Turned clockwise, what was at (x, y) is at (height - y, x).
  const at = (x: number, y: number) =>
    isOfSubject(turned, { x: HEIGHT - y - 5, y: x - 5, width: 10, height: 10 }, size, subject);
  expect([at(SPOT.x, SPOT.y), at(31, 69), at(69, 21)]).toEqual([true, true, true]);
  expect([at(29, 69), at(31, 71), at(71, 21), at(69, 19)]).toEqual([false, false, false, false]);
});

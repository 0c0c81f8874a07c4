import { expect, it } from 'vitest';
import { cameraIsDark, noteBrightness } from './darkness.ts';

let at = 5000;
/** Whether it is told after pictures of this brightness, one each second. */
function told(...lumas: (number | null)[]): boolean {
  noteBrightness(90, at);
  for (const luma of lumas) noteBrightness(luma, (at += 1000));
  return cameraIsDark.value;
}
const seconds = <T>(count: number, luma: T): T[] => Array.from({ length: count }, () => luma);

it('a camera that sees nothing is told after twenty seconds, and no more once it sees something', () => {
  expect(told(...seconds(20, 3))).toBe(false);
  expect(told(...seconds(21, 3))).toBe(true);
  expect(told(...seconds(30, 3), 90)).toBe(false);
  expect(told(...seconds(15, 3), 90, ...seconds(15, 3))).toBe(false);
});

it('a dark face is no dark camera, nor is a dark wall', () => {
  expect(told(...seconds(60, null))).toBe(false);
  expect(told(...seconds(60, 25))).toBe(false);
});

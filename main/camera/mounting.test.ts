import sharp from 'sharp';
import { expect, it } from 'vitest';
import type { ImageAnalysis } from '#core/recognition';
import { GOOD_FACE } from '../../core/recognition/testing/measurements.ts';
import { findTurn, uprightStill } from './mounting.ts';

/** Sees one face: in the first picture as the camera hangs, in another one upright. */
const recognizer = (hangs: 0 | 90 | 180 | 270, measurements: Partial<typeof GOOD_FACE> = {}) => {
  let turned = hangs;
  return {
    analyse: async () => {
      const face = { measurements: { ...GOOD_FACE, ...measurements, turn: turned } };
      const seen = { face: measurements.landmarkShift === 9 && turned === 0 ? null : face, turn: turned };
      turned = 0;
      return seen as ImageAnalysis;
    },
  };
};

it('a camera hangs as the good face of its picture tells, and a poor or tilted one tells nothing', async () => {
  const white = { create: { width: 32, height: 24, channels: 3, background: '#fff' } } as const;
  const picture = await sharp(white).jpeg().toBuffer();
  const find = (...of: Parameters<typeof recognizer>) => findTurn(recognizer(...of), picture);
  for (const hangs of [0, 90, 180, 270] as const) {
    expect(await find(hangs)).toBe(hangs);
    expect(await find(hangs, { landmarkShift: 9 })).toBeNull();
    expect(await find(hangs, { landmarkShift: 5 })).toBeNull();
    expect(await find(hangs, { roll: -43 })).toBeNull();
  }
});

it('a still is turned clockwise, then mirrored back', async () => {
  // Dark, but for a white block in the upper left corner.
  const white = { create: { width: 16, height: 16, channels: 3, background: '#fff' } } as const;
  const still = await sharp({ create: { width: 64, height: 32, channels: 3, background: '#000' } })
    .composite([{ input: await sharp(white).png().toBuffer(), left: 0, top: 0 }])
    .jpeg()
    .toBuffer();
  const corners = async (cameraTurn: 0 | 90 | 180 | 270, cameraMirrored: boolean): Promise<string> => {
    const upright = await uprightStill(still, { cameraTurn, cameraMirrored });
    const { data, info } = await sharp(upright).greyscale().raw().toBuffer({ resolveWithObject: true });
    const at = (x: number, y: number): string => (data[y * info.width + x]! > 128 ? '#' : '.');
    const [right, bottom] = [info.width - 8, info.height - 8];
    return `${info.width}x${info.height} ${at(8, 8)}${at(right, 8)}${at(8, bottom)}${at(right, bottom)}`;
  };
  expect(await corners(0, false)).toBe('64x32 #...');
  expect(await corners(90, false)).toBe('32x64 .#..');
  expect(await corners(180, false)).toBe('64x32 ...#');
  expect(await corners(270, false)).toBe('32x64 ..#.');
  expect(await corners(0, true)).toBe('64x32 .#..');
  expect(await corners(90, true)).toBe('32x64 #...');
});

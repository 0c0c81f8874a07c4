import sharp from 'sharp';
import { expect, it } from 'vitest';
import type { AnalysedFace } from '#core/recognition';
import { GOOD_FACE } from '../../core/recognition/testing/measurements.ts';
import { turnIn, uprightStill } from './mounting.ts';

const face = (measurements: Partial<typeof GOOD_FACE> = {}) =>
  ({ measurements: { ...GOOD_FACE, ...measurements } }) as AnalysedFace;

it('a camera hangs as the good face of its picture tells, and a poor one tells nothing', () => {
  expect(turnIn({ face: face(), turn: 0 })).toBe(0);
  expect(turnIn({ face: null, turn: 0 })).toBeNull();
  expect(turnIn({ face: face({ landmarkShift: 9 }), turn: 0 })).toBeNull();
  // What looks like a poor face may be a good one on its side.
  expect(turnIn({ face: face({ landmarkShift: 9, turn: 270 }), turn: 270 })).toBe(270);
  expect(turnIn({ face: null, turn: 90 })).toBe(90);
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

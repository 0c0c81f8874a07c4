import sharp from 'sharp';
import type { RgbImage } from '#core/recognition';
import { AnimatedHead } from '../../../scripts/samples/animated-head.ts';
import { perform } from '../../../scripts/samples/performance.ts';
import type { Random } from '../presentation.ts';
import type { Standing } from './scenes.ts';

/** Pictures of a sequence, at most, and milliseconds from one to the next as the head moves. */
const PICTURES = 26;
const GAP = 100;

/** Pictures are reduced to so many pixels, to save time: a face is 120 of them wide. */
const SIZE = { width: 400, height: 300 } as const;

/** The generator moves a head within seconds as visitors do in the time of several steps: this is how fast it stands still. */
const PACE = 0.4;

/** A person who stands before the camera and is asked for nothing. */
export async function standStill({ photo, landmarks }: AnimatedHead, random: Random): Promise<Standing> {
  const scale = SIZE.width / photo.width;
  const head = new AnimatedHead(
    await reduced(photo),
    landmarks.map(({ x, y }) => ({ x: x * scale, y: y * scale })),
  );
  const { at, duration } = perform([], random);
  const frames = Array.from({ length: PICTURES }, (_, i) => {
    const state = at((i * GAP * PACE) % duration);
    return { state, image: head.frame(state) };
  });
  return { photo: head.photo, landmarks: head.landmarks, frames };
}

async function reduced({ data, width, height }: RgbImage): Promise<RgbImage> {
  const { data: pixels } = await sharp(data, { raw: { width, height, channels: 3 } })
    .resize(SIZE.width, SIZE.height)
    .raw()
    .toBuffer({ resolveWithObject: true });
  return { ...SIZE, data: new Uint8Array(pixels) };
}

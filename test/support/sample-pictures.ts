import sharp from 'sharp';
import { portrait } from '../../core/recognition/testing/images.ts';

/** Two pictures of Alice, one of another person, one of both, and one without a face. */
export async function samplePictures(): Promise<
  Record<'alice' | 'aliceElsewhere' | 'stranger' | 'group' | 'empty', Buffer>
> {
  const alice = await portrait(3, 900, 50, 560, 700);
  const stranger = await portrait(3, 420, 150, 500, 600);
  const besides = await sharp(alice).resize(500, 600, { fit: 'cover' }).toBuffer();
  const group = await sharp(stranger)
    .resize(500, 600)
    .extend({ right: 500 })
    .composite([{ input: besides, left: 500, top: 0 }])
    .png()
    .toBuffer();
  const grey = { width: 640, height: 480, channels: 3, background: '#888' } as const;
  const empty = await sharp({ create: grey }).jpeg().toBuffer();
  return { alice, aliceElsewhere: await portrait(1, 1290, 60, 560, 560), stranger, group, empty };
}

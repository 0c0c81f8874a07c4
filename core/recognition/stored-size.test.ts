import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { storedSize } from './stored-size.ts';
import { ODD_JPEGS } from './testing/images.ts';

const picture = sharp({ create: { width: 70, height: 40, channels: 3, background: 'teal' } });
const SIZE = { width: 70, height: 40 };

describe('the stored size', () => {
  it('is read from PNG and from JPEG, sequential, progressive, turned by EXIF or with a thumbnail before it', async () => {
    expect(storedSize(await picture.clone().png().toBuffer())).toEqual(SIZE);
    for (const progressive of [false, true]) {
      const jpeg = picture.clone().jpeg({ progressive });
      expect(storedSize(await jpeg.toBuffer())).toEqual(SIZE);
      expect(storedSize(await jpeg.withMetadata({ orientation: 6 }).toBuffer())).toEqual(SIZE);
      const other = await sharp({ create: { width: 9, height: 9, channels: 3, background: 'red' } })
        .jpeg()
        .toBuffer();
      const whole = await jpeg.toBuffer();
      const segment = Buffer.concat([Buffer.from([0xff, 0xe1, 0, 0]), other]);
      segment.writeUInt16BE(other.length + 2, 2);
      expect(storedSize(Buffer.concat([whole.subarray(0, 2), segment, whole.subarray(2)]))).toEqual(SIZE);
    }
  });

  it.each(Object.entries(ODD_JPEGS))('is read where there is %s', async (_, change) => {
    expect(storedSize(change(await picture.clone().jpeg().toBuffer()))).toEqual(SIZE);
  });

  it('is unknown where the bytes end before it', async () => {
    const jpeg = await picture.clone().jpeg().toBuffer();
    const png = await picture.clone().png().toBuffer();
    for (let length = 2; length < 24; length++) {
      expect(storedSize(jpeg.subarray(0, length))).toBeNull();
      expect(storedSize(png.subarray(0, length))).toBeNull();
    }
  });
});

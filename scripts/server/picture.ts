import sharp from 'sharp';

/** The picture as a JPEG of about 100 KB. */
export async function toHundredKilobytes(image: string): Promise<string> {
  const large = sharp(Buffer.from(image, 'base64')).resize({ width: 1280 });
  let encoded = Buffer.alloc(0);
  for (let quality = 60; encoded.length < 95_000 && quality <= 100; quality += 1) {
    encoded = await large.clone().jpeg({ quality }).toBuffer();
  }
  return encoded.toString('base64');
}

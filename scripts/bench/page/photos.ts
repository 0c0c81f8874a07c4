import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { SAMPLE_PHOTOS } from '../../samples/samples.ts';

/** The sample photographs as JPEGs of 640 x 480 pixels. @returns their paths */
export async function cameraPhotos(dir: string): Promise<string[]> {
  await mkdir(dir, { recursive: true });
  const names = (await readdir(SAMPLE_PHOTOS)).filter((name) => name.endsWith('.jpg')).toSorted();
  return await Promise.all(
    names.map(async (name) => {
      const photo = sharp(await readFile(join(SAMPLE_PHOTOS, name))).resize({ width: 640, height: 480 });
      const path = join(dir, name);
      await writeFile(path, await photo.jpeg({ quality: 90 }).toBuffer());
      return path;
    }),
  );
}

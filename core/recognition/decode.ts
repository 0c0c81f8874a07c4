import { isMainThread } from 'node:worker_threads';
import sharp from 'sharp';
import { IMAGE_LIMITS, LintelError } from '#contract';
import type { RgbImage } from './types.ts';

// Process-wide: no other decoder of libvips can be reached, and no decoded face stays in its cache. Threads begin later
// and leave it so: between the two lines whoever decodes already would be refused everything.
if (isMainThread) {
  sharp.block({ operation: ['VipsForeignLoad'] });
  sharp.unblock({ operation: ['VipsForeignLoadJpegBuffer', 'VipsForeignLoadPngBuffer'] });
}
sharp.cache(false);

/**
 * Longest side that is analysed. The detector misses faces narrower than 28/640 of the image; at this size such a
 * face still has 90 of the 112 pixels that the embedder looks at, so a larger image adds time and nothing else.
 */
const WORKING_SIDE = 2048;

const SIGNATURES = [
  [0xff, 0xd8, 0xff],
  [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a],
] as const;

/** An upright image as it is analysed, and the pixels of the original that one of its pixels stands for (>= 1). */
export interface DecodedImage extends RgbImage {
  readonly scale: number;
  readonly originalWidth: number;
  readonly originalHeight: number;
}

/**
 * Decode a JPEG or PNG of any colour space and depth into upright 8-bit sRGB. Transparency lies on white.
 * Images whose longest side exceeds 2048 pixels are reduced to it.
 * @throws LintelError `image-empty`, `image-too-large`, `image-unsupported`, `image-too-many-pixels` (all before a
 * pixel is decoded), `image-corrupt`
 */
export async function decodeImage(bytes: Uint8Array): Promise<DecodedImage> {
  if (bytes.byteLength === 0) throw new LintelError('image-empty');
  if (bytes.byteLength > IMAGE_LIMITS.bytes) throw new LintelError('image-too-large');
  if (!SIGNATURES.some((signature) => signature.every((byte, i) => bytes[i] === byte))) {
    throw new LintelError('image-unsupported');
  }
  const header = await sharp(bytes, { limitInputPixels: false }).metadata().catch(corrupt);
  if (header.width * header.height > IMAGE_LIMITS.pixels) throw new LintelError('image-too-many-pixels');

  const { width: originalWidth, height: originalHeight } = header.autoOrient;
  const { data, info } = await sharp(bytes, { limitInputPixels: IMAGE_LIMITS.pixels, failOn: 'error' })
    .autoOrient()
    .resize({ width: WORKING_SIDE, height: WORKING_SIDE, fit: 'inside', withoutEnlargement: true })
    .flatten({ background: 'white' })
    .toColourspace('srgb')
    .raw({ depth: 'uchar' })
    .toBuffer({ resolveWithObject: true })
    .catch(corrupt);
  const { width, height } = info;
  return { data, width, height, scale: originalWidth / width, originalWidth, originalHeight };
}

/** The decoder's own words are dropped: they may quote the input. */
function corrupt(): never {
  throw new LintelError('image-corrupt');
}

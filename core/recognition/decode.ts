import { isMainThread } from 'node:worker_threads';
import sharp, { type Sharp } from 'sharp';
import { LintelError } from '#contract/errors';
import { IMAGE_LIMITS } from '#contract/recognition';
import { tidyJpeg } from './jpeg-headers.ts';
import { pngGamma } from './png-gamma.ts';
import { storedSize } from './stored-size.ts';
import type { RgbImage } from './types.ts';

// Process-wide: libvips offers no other decoder, and its cache keeps no decoded face. Only the main thread sets this:
// between the two calls every decoder is blocked, and a worker thread that starts later would fail the decodes of others.
if (isMainThread) {
  sharp.block({ operation: ['VipsForeignLoad'] });
  sharp.unblock({ operation: ['VipsForeignLoadJpegBuffer', 'VipsForeignLoadPngBuffer'] });
}
sharp.cache(false);
// Each recognising thread decodes one image at a time. Threads of libvips's own for each image would compete with them.
sharp.concurrency(1);

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
export interface DecodedImage extends Pixels {
  readonly scale: number;
}

/** An upright image or a part of it, and the size of the whole. */
export interface Pixels extends RgbImage {
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
  const source = open(bytes);
  const stored = storedSize(source.tidy);
  // Most pictures are small enough, which their first bytes tell: to ask the decoder costs a fifth of decoding them.
  if (stored !== null && Math.max(stored.width, stored.height) <= WORKING_SIDE) {
    const pixels = await render(source, (upright) => upright);
    return { ...pixels, originalWidth: pixels.width, originalHeight: pixels.height, scale: 1 };
  }
  const pixels = await decodePixels(bytes, (upright) =>
    upright.resize({ width: WORKING_SIDE, height: WORKING_SIDE, fit: 'inside', withoutEnlargement: true }),
  );
  return { ...pixels, scale: pixels.originalWidth / pixels.width };
}

/**
 * The one way from encoded bytes to pixels, so that what is recognised can be enrolled too.
 * @param shape cuts or reduces the upright image, which is as large as its second parameter says
 * @throws as {@link decodeImage}
 */
export async function decodePixels(
  bytes: Uint8Array,
  shape: (upright: Sharp, width: number, height: number) => Sharp,
): Promise<Pixels> {
  const source = open(bytes);
  const header = await sharp(source.tidy, { limitInputPixels: false }).metadata().catch(corrupt);
  if (header.width * header.height > IMAGE_LIMITS.pixels) throw new LintelError('image-too-many-pixels');
  const { width: originalWidth, height: originalHeight } = header.autoOrient;
  const pixels = await render(source, (upright) => shape(upright, originalWidth, originalHeight));
  return { ...pixels, originalWidth, originalHeight };
}

/** An encoded image that may be decoded. */
interface Source {
  readonly tidy: Uint8Array;
  readonly isJpeg: boolean;
  /** As {@link pngGamma} tells it. */
  readonly gamma: number | null;
}

/** @throws LintelError `image-empty`, `image-too-large`, `image-unsupported` */
function open(bytes: Uint8Array): Source {
  if (bytes.byteLength === 0) throw new LintelError('image-empty');
  if (bytes.byteLength > IMAGE_LIMITS.bytes) throw new LintelError('image-too-large');
  if (!SIGNATURES.some((signature) => signature.every((byte, i) => bytes[i] === byte))) {
    throw new LintelError('image-unsupported');
  }
  const isJpeg = bytes[0] === 0xff;
  return { tidy: isJpeg ? tidyJpeg(bytes) : bytes, isJpeg, gamma: pngGamma(bytes) };
}

/** @throws LintelError `image-corrupt` */
async function render({ tidy, isJpeg, gamma }: Source, shape: (upright: Sharp) => Sharp): Promise<RgbImage> {
  const decode = async (failOn: 'warning' | 'error'): Promise<RgbImage> => {
    const upright = sharp(tidy, { limitInputPixels: IMAGE_LIMITS.pixels, failOn }).autoOrient();
    const usual = gamma === null ? upright : upright.gamma(1, gamma);
    const { data, info } = await shape(usual)
      .flatten({ background: 'white' })
      .toColourspace('srgb')
      .raw({ depth: 'uchar' })
      .toBuffer({ resolveWithObject: true });
    return { data, width: info.width, height: info.height };
  };
  // PNG has checksums, so its warnings are about what surrounds the pixels. JPEG has none: there the decoder warns.
  if (!isJpeg) return await decode('error').catch(corrupt);
  return await decode('warning').catch(async (error: unknown) =>
    isPaddingOnly(error) ? await decode('error').catch(corrupt) : corrupt(),
  );
}

/** Whether the first thing that the decoder had to say is that bytes follow the last scan: all before it was whole. */
const isPaddingOnly = (error: unknown): boolean =>
  error instanceof Error &&
  /^VipsJpeg: Corrupt JPEG data: \d+ extraneous bytes before marker 0xd9$/.test(error.message.trim());

/** The decoder's own words are dropped: they may quote the input. */
function corrupt(): never {
  throw new LintelError('image-corrupt');
}

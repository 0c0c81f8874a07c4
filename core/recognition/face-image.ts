import sharp, { type Region } from 'sharp';
import { similarity } from '#core/matching';
import { decodePixels } from './decode.ts';
import type { AnalysedFace, DetectedFace, Recognizer } from './analysis.ts';
import type { RgbImage } from './types.ts';

/**
 * Sides of the squares tried, in sides of the face's box, in this order. The first leaves room for any detector and a
 * turned head; the others help where a neighbour comes into it or the face is found elsewhere than before.
 */
const CONTEXTS = [2.5, 2, 3, 1.6];
const [NARROWEST, WIDEST] = [Math.min(...CONTEXTS), Math.max(...CONTEXTS)];

/** Similarity to the whole image's template at which a square is as good as the image, and below which it is useless. */
const SAME = 0.98;
const USEFUL = 0.9;

/** Longest side kept, in pixels. The face then has about 200, nearly twice what the embedder looks at. */
const LONGEST_SIDE = 512;

const JPEG_QUALITY = 95;

/**
 * What is kept of an image so that a later model can make its own template: the face and a little around it, as a
 * JPEG of some 15 to 100 kB without metadata. It is analysed once to see that it gives the template of the whole image.
 * @param image encoded JPEG or PNG, as it was analysed
 * @returns null when no part of the image gives that template
 * @throws LintelError `image-*` where the image cannot be analysed either, `busy`
 */
export async function cutOutFace(
  recognizer: Pick<Recognizer, 'analyse'>,
  image: Uint8Array,
  face: Pick<AnalysedFace, 'boundingBox' | 'template'>,
): Promise<Uint8Array | null> {
  const side = Math.max(face.boundingBox.width, face.boundingBox.height);
  // Decoded once, as small as the narrowest square allows.
  const factor = Math.min(1, LONGEST_SIDE / (NARROWEST * side));
  let widest: Region = { left: 0, top: 0, width: 1, height: 1 };
  const around = await decodePixels(image, (upright, width, height) => {
    widest = squareAround(face.boundingBox, WIDEST * side, width, height);
    return upright.extract(widest).resize({
      width: Math.max(1, Math.round(widest.width * factor)),
      height: Math.max(1, Math.round(widest.height * factor)),
      fit: 'fill',
    });
  });

  let best: { readonly image: Uint8Array; readonly likeness: number } | null = null;
  for (const context of CONTEXTS) {
    const square = squareAround(
      face.boundingBox,
      context * side,
      around.originalWidth,
      around.originalHeight,
    );
    const part = await encode(around, within(square, widest, around));
    const again = (await recognizer.analyse(part)).face;
    const likeness = again === null ? 0 : similarity(again.template, face.template);
    if (likeness > (best?.likeness ?? USEFUL)) best = { image: part, likeness };
    if (likeness >= SAME) break;
  }
  return best?.image ?? null;
}

/** What an image of this size holds of the square about a box. */
function squareAround(box: DetectedFace['boundingBox'], side: number, width: number, height: number): Region {
  const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
  const left = Math.max(0, Math.round(x - side / 2));
  const top = Math.max(0, Math.round(y - side / 2));
  return {
    left,
    top,
    width: Math.min(width, Math.round(x + side / 2)) - left,
    height: Math.min(height, Math.round(y + side / 2)) - top,
  };
}

/** A part of the image in pixels of `scaled`, which shows the part `whole`. */
function within(part: Region, whole: Region, scaled: RgbImage): Region {
  const [fx, fy] = [scaled.width / whole.width, scaled.height / whole.height];
  const left = Math.round((part.left - whole.left) * fx);
  const top = Math.round((part.top - whole.top) * fy);
  return {
    left,
    top,
    width: Math.max(1, Math.min(scaled.width - left, Math.round(part.width * fx))),
    height: Math.max(1, Math.min(scaled.height - top, Math.round(part.height * fy))),
  };
}

async function encode({ data, width, height }: RgbImage, part: Region): Promise<Uint8Array> {
  return await sharp(data, { raw: { width, height, channels: 3 } })
    .extract(part)
    .resize({ width: LONGEST_SIDE, height: LONGEST_SIDE, fit: 'inside', withoutEnlargement: true })
    .jpeg({ quality: JPEG_QUALITY, chromaSubsampling: '4:4:4' })
    .toBuffer();
}

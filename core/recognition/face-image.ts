import sharp from 'sharp';
import { LintelError } from '#contract';
import { similarity } from '#core/matching';
import type { AnalysedFace, DetectedFace, ImageAnalysis, Recognizer } from './analysis.ts';

/**
 * Sides of the squares tried, in sides of the face's box, in this order. The first leaves room for any detector and a
 * turned head; the others help where a neighbour comes into it or the face is found elsewhere than before.
 */
const CONTEXTS = [2.5, 2, 3, 1.6];

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
 * @throws LintelError `image-corrupt`, `busy`
 */
export async function cutOutFace(
  recognizer: Pick<Recognizer, 'analyse'>,
  image: Uint8Array,
  { width, height }: Pick<ImageAnalysis, 'width' | 'height'>,
  face: Pick<AnalysedFace, 'boundingBox' | 'template'>,
): Promise<Uint8Array | null> {
  let best: { readonly image: Uint8Array; readonly likeness: number } | null = null;
  for (const context of CONTEXTS) {
    const part = await cutOut(image, { width, height }, face.boundingBox, context);
    const again = (await recognizer.analyse(part)).face;
    const likeness = again === null ? 0 : similarity(again.template, face.template);
    if (likeness > (best?.likeness ?? USEFUL)) best = { image: part, likeness };
    if (likeness >= SAME) break;
  }
  return best?.image ?? null;
}

async function cutOut(
  image: Uint8Array,
  { width, height }: Pick<ImageAnalysis, 'width' | 'height'>,
  box: DetectedFace['boundingBox'],
  context: number,
): Promise<Uint8Array> {
  const reach = (context * Math.max(box.width, box.height)) / 2;
  const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
  const left = Math.max(0, Math.round(x - reach));
  const top = Math.max(0, Math.round(y - reach));
  try {
    return await sharp(image)
      .autoOrient()
      .extract({
        left,
        top,
        width: Math.min(width, Math.round(x + reach)) - left,
        height: Math.min(height, Math.round(y + reach)) - top,
      })
      .resize({ width: LONGEST_SIDE, height: LONGEST_SIDE, fit: 'inside', withoutEnlargement: true })
      .flatten({ background: 'white' })
      .toColourspace('srgb')
      .jpeg({ quality: JPEG_QUALITY, chromaSubsampling: '4:4:4' })
      .toBuffer();
  } catch {
    throw new LintelError('image-corrupt');
  }
}

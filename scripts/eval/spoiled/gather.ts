import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { LintelError } from '#contract';
import { seeded, shuffled } from '#core/matching';
import {
  decodeImage,
  type AnalysedFace,
  type ImageAnalysis,
  type Recognizer,
  type SpoilingEvidence,
} from '#core/recognition';
import type { LabelledImage } from '../images.ts';
import { isOfSubject, type Kind } from './drawing.ts';

/** A picture after it was spoiled. */
export interface SpoiledPicture extends LabelledImage {
  readonly kind: string;
  /** What the recognizer says of it; without landmarks, which are not asked for here. */
  readonly found: (SpoilingEvidence & Pick<AnalysedFace, 'measurements'>) | null;
  /** Whether what was found is another face, which comes to the fore when the person's is covered. */
  readonly isOfAnother: boolean;
  readonly turn: ImageAnalysis['turn'];
  readonly luma: number;
}

/** Ways to spoil pictures, by name. */
export type Kinds = Readonly<Record<string, Kind>>;

/** Of the order in which people are taken, so that limits and rates are of different people in every run. */
const SEED = 1;

export interface Choice {
  readonly half: 'first' | 'second';
  /** People of the half that are passed over, and how many are taken at most after them. */
  readonly skip?: number;
  readonly people: number;
  readonly imagesOfEach: number;
}

/** Some people of a folder with some images of each, in an order of chance that is always the same. */
export function choose(
  images: readonly LabelledImage[],
  { half, skip = 0, people, imagesOfEach }: Choice,
): LabelledImage[] {
  const byPerson = Map.groupBy(images, ({ person }) => person);
  const names = shuffled(byPerson.keys(), seeded(SEED));
  const middle = Math.floor(names.length / 2);
  const own = half === 'first' ? names.slice(0, middle) : names.slice(middle);
  return own.slice(skip, skip + people).flatMap((name) => byPerson.get(name)!.slice(0, imagesOfEach));
}

/**
 * Spoil each image in each way and analyse what comes of it. An image without a face, or that cannot be read, is left out.
 * @param onProgress called with the share done, 0..1
 * @throws LintelError `usage` without an image
 */
export async function gather(
  recognizer: Recognizer,
  dir: string,
  images: readonly LabelledImage[],
  kinds: Kinds,
  onProgress: (share: number) => void,
): Promise<SpoiledPicture[]> {
  if (images.length === 0) {
    throw new LintelError('usage', 'Nobody is left who has enough images, after those that are passed over.');
  }
  const results: SpoiledPicture[][] = [];
  const queue = images.entries();
  let done = 0;
  const lane = async (): Promise<void> => {
    for (const [i, image] of queue) {
      results[i] = await spoilAll(recognizer, dir, image, i, kinds);
      onProgress(++done / images.length);
    }
  };
  // One more in hand than is computed, so that no worker waits for an image to be spoiled.
  await Promise.all(Array.from({ length: recognizer.concurrency + 1 }, lane));
  return results.flat();
}

async function spoilAll(
  recognizer: Recognizer,
  dir: string,
  image: LabelledImage,
  seed: number,
  kinds: Kinds,
): Promise<SpoiledPicture[]> {
  const bytes = await readFile(join(dir, image.path));
  const face = await faceOf(recognizer, bytes);
  if (face === null) return [];
  const { data, width, height, scale } = await decodeImage(bytes);
  // Images of this size are not reduced before they are analysed; larger ones would need the face's place scaled.
  if (scale !== 1) throw new RangeError(`${image.path} is too large to be spoiled.`);
  const pictures: SpoiledPicture[] = [];
  for (const [kind, how] of Object.entries(kinds)) {
    const subject = { data, width, height, face, seed };
    const spoiled = await recognizer.analyse(await how.spoil(subject), { passive: true });
    const { face: found, turn, luma } = spoiled;
    pictures.push({
      ...image,
      kind,
      found: found && {
        template: found.template,
        measurements: found.measurements,
        print: found.passive!.print,
      },
      isOfAnother: found !== null && !isOfSubject(how, found.boundingBox, spoiled, subject),
      turn,
      luma,
    });
  }
  return pictures;
}

/** Null without a face, and for bytes that are no image. */
async function faceOf(recognizer: Recognizer, bytes: Uint8Array): Promise<AnalysedFace | null> {
  try {
    return (await recognizer.analyse(bytes)).face;
  } catch (error) {
    if (error instanceof LintelError && error.code.startsWith('image-')) return null;
    throw error;
  }
}

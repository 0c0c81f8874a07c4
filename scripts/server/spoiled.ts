import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ApiError, type createClient } from '../../client/index.ts';
import { decodeImage, type Recognizer } from '../../core/recognition/index.ts';
import type { LabelledImage } from '../eval/images.ts';
import { KINDS } from '../eval/spoiled/kinds.ts';
import { PROMISES } from '../eval/spoiled/rates.ts';

export interface SpoiledOptions {
  readonly client: ReturnType<typeof createClient>;
  /** Finds faces in untouched images, so that they can be spoiled. */
  readonly recognizer: Recognizer;
  readonly dir: string;
  /** One of each person: the first half is indexed, the others are searched for. */
  readonly images: readonly LabelledImage[];
}

export interface SpoiledAnswers {
  readonly kind: string;
  readonly indexed: number;
  /** Refusals by code. */
  readonly refused: Readonly<Record<string, number>>;
  readonly searches: number;
  /** Searches that ended as somebody, who is always somebody else. */
  readonly matches: readonly {
    readonly threshold: number;
    readonly matches: number;
    readonly promised: number;
  }[];
}

/**
 * Index spoiled pictures of some people and search with pictures of others, spoiled alike, as a caller of the API would.
 * `promised` is how many matches the threshold's rate stands for: by comparison, of every search with everybody indexed.
 */
export async function* spoiledAnswers({
  client,
  recognizer,
  dir,
  images,
}: SpoiledOptions): AsyncGenerator<SpoiledAnswers> {
  const half = Math.floor(images.length / 2);
  for (const [kind, { spoil }] of Object.entries(KINDS)) {
    const collectionId = `spoiled-${Object.keys(KINDS).indexOf(kind)}`;
    await client.createCollection({ collectionId });
    const refused: Record<string, number> = {};
    const spoiled = async ({ path }: LabelledImage, seed: number): Promise<string | null> => {
      const bytes = await readFile(join(dir, path));
      const { face } = await recognizer.analyse(bytes);
      if (face === null) return null;
      const { data, width, height } = await decodeImage(bytes);
      return Buffer.from(await spoil({ data, width, height, face, seed })).toString('base64');
    };
    let indexed = 0;
    for (const [i, image] of images.slice(0, half).entries()) {
      const bytes = await spoiled(image, i);
      if (bytes === null) continue;
      try {
        const { faceId } = await client.indexFace({ collectionId, image: { bytes } });
        if (faceId === null) refused['no-face'] = (refused['no-face'] ?? 0) + 1;
        else indexed++;
      } catch (error) {
        if (!(error instanceof ApiError) || error.code === null) throw error;
        const { code } = error;
        refused[code] = (refused[code] ?? 0) + 1;
      }
    }
    let searches = 0;
    const counts = PROMISES.map(() => 0);
    for (const [i, image] of images.slice(half).entries()) {
      // Without anybody to be taken for, no search can go wrong.
      const bytes = indexed === 0 ? null : await spoiled(image, half + i);
      if (bytes === null) continue;
      searches++;
      for (const [j, [faceMatchThreshold]] of PROMISES.entries()) {
        const { faceId } = await client.searchFace({ collectionId, image: { bytes }, faceMatchThreshold });
        // Who is nobody at a threshold is nobody at higher ones.
        if (faceId === null) break;
        counts[j]! += 1;
      }
    }
    yield {
      kind,
      indexed,
      refused,
      searches,
      matches: PROMISES.map(([threshold, rate], j) => ({
        threshold,
        matches: counts[j]!,
        promised: rate * indexed * searches,
      })),
    };
  }
}

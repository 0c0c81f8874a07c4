import { FALSE_DUPLICATE_RATE, type Calibration } from '#core/matching';
import type { Indexes } from './indexes.ts';

/** People named when one looks like several. */
const DUPLICATES = 3;

/**
 * Faces of a collection that are about as like some templates of one person as that person's own, the most alike first.
 * @param templates protected
 * @param except a face that is not meant
 * @returns face ids and the similarity of the best pair
 */
export async function findAlike(
  { indexes, collectionId }: { readonly indexes: Indexes; readonly collectionId: string },
  calibration: Calibration,
  templates: readonly Float32Array[],
  except?: string,
): Promise<[faceId: string, similarity: number][]> {
  const alike = new Map<string, number>();
  for (const template of templates) {
    const { candidates, size } = await indexes.search(collectionId, template, DUPLICATES + 1);
    const least = leastAlike(calibration, size);
    for (const { faceId, similarity } of candidates) {
      if (similarity < least || faceId === except) continue;
      alike.set(faceId, Math.max(similarity, alike.get(faceId) ?? -1));
    }
  }
  return [...alike].toSorted(([, a], [, b]) => b - a).slice(0, DUPLICATES);
}

/** From which similarity on two references are taken for those of one person. @param size references that are searched */
export const leastAlike = (calibration: Calibration, size: number): number =>
  calibration.similarityAtRate(FALSE_DUPLICATE_RATE / Math.max(1, size));

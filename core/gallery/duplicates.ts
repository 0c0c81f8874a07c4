import { FALSE_DUPLICATE_RATE, type Calibration } from '#core/matching';
import type { CollectionIndex } from './collection-index.ts';

/** People named when one looks like several. */
const DUPLICATES = 3;

/**
 * Faces of a collection that are about as like some templates of one person as that person's own, the most alike first.
 * @param templates protected
 * @param except a face that is not meant
 * @returns face ids and the similarity of the best pair
 */
export async function findAlike(
  index: CollectionIndex,
  calibration: Calibration,
  templates: readonly Float32Array[],
  except?: string,
): Promise<[faceId: string, similarity: number][]> {
  const least = calibration.similarityAtRate(FALSE_DUPLICATE_RATE / Math.max(1, index.size));
  const alike = new Map<string, number>();
  for (const template of templates) {
    for (const { faceId, similarity } of await index.search(template, DUPLICATES + 1)) {
      if (similarity < least || faceId === except) continue;
      alike.set(faceId, Math.max(similarity, alike.get(faceId) ?? -1));
    }
  }
  return [...alike].toSorted(([, a], [, b]) => b - a).slice(0, DUPLICATES);
}

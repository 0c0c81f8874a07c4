import { MAX_REFERENCES_PER_FACE, type FoundReference, type PartFound } from '#contract';
import { fuse, type Candidate } from '#core/matching';

/**
 * Faces beyond those asked for whose automatic references are looked at too. A face further down would have to be
 * lifted over all of these.
 */
const LIFTED = 4;

/** What a collection has for a probe: the most similar faces, best first, and how many references it was compared with. */
export interface Found {
  readonly candidates: readonly Candidate[];
  readonly size: number;
}

/**
 * How many references are looked for, to find so many faces: even if every other one belongs to a better face, the last one
 * found is a new face's.
 * @param mayLift whether there are automatic references, which may change the order of the faces
 */
export const referencesFor = (faces: number, mayLift: boolean): number =>
  (faces - 1 + (mayLift ? LIFTED : 0)) * MAX_REFERENCES_PER_FACE + 1;

/**
 * What a search of the whole collection would have found: the references most similar are among those of its parts.
 * @param count faces at most
 * @param scale of the model's calibration; see `fuse`
 */
export function merge(parts: readonly PartFound[], count: number, scale: number): Found {
  const references = parts.flatMap((part) => part.references).toSorted((a, b) => b.similarity - a.similarity);
  const most = parts.length === 1 ? references.length : referencesFor(count, true);
  const faces = new Map<string, FoundReference>();
  for (const reference of references.slice(0, most)) {
    if (!faces.has(reference.faceId)) faces.set(reference.faceId, reference);
  }
  const candidates = Array.from(faces.values(), ({ faceId, similarity, automatic }) => ({
    faceId,
    similarity: fuse(similarity, automatic ?? Number.NEGATIVE_INFINITY, scale),
  }));
  return {
    candidates: candidates.toSorted((a, b) => b.similarity - a.similarity).slice(0, count),
    size: parts.reduce((sum, { size }) => sum + size, 0),
  };
}

import { LintelError, type Face, type SuspectedDuplicate } from '#contract';
import type { Gallery, Identification, NewPerson } from '#core/gallery';
import { similarity } from '#core/matching';
import type { AddingOptions, NewReference } from '#core/store';

/**
 * Enrol a person unless another person who is enrolled looks alike.
 * @param allowDuplicate enrol also then
 * @throws as `Gallery.enrol`
 */
export async function enrolUnlessAlike(
  gallery: Gallery,
  collectionId: string,
  person: NewPerson,
  allowDuplicate: boolean,
): Promise<{ readonly face: Face | null; readonly suspectedDuplicates: SuspectedDuplicate[] }> {
  const suspectedDuplicates = await gallery.suspectedDuplicates(collectionId, person.references);
  const isHeld = suspectedDuplicates.length > 0 && !allowDuplicate;
  return { face: isHeld ? null : await gallery.enrol(collectionId, person), suspectedDuplicates };
}

/** Enrol a person, and name those enrolled who look alike. @throws as `Gallery.enrol` */
export async function enrolAndNameAlike(
  gallery: Gallery,
  collectionId: string,
  person: NewPerson,
): Promise<{ readonly face: Face; readonly suspectedDuplicates: SuspectedDuplicate[] }> {
  const suspectedDuplicates = await gallery.suspectedDuplicates(collectionId, person.references);
  return { face: await gallery.enrol(collectionId, person), suspectedDuplicates };
}

/** Enrol a person without looking who is enrolled. @throws as `Gallery.enrol` */
export const enrolAnother = (gallery: Gallery, collectionId: string, person: NewPerson): Promise<Face> =>
  gallery.enrol(collectionId, person);

/**
 * Find a person, or else enrol them. Of many calls at the same time with the same new person, in whatever processes, one
 * enrols and the others find that: one call of this process after the other in a collection, and nobody is enrolled into
 * a collection that another process changed since it was searched.
 * @param person searched with by the template of the first reference
 * @param threshold least confidence of a match, 0..100
 * @throws as `Gallery.identify` and `Gallery.enrol`
 */
export async function findOrEnrol(
  gallery: Gallery,
  collectionId: string,
  person: NewPerson & { readonly references: readonly [NewReference, ...NewReference[]] },
  threshold: number,
): Promise<{ readonly found: Identification } | { readonly enrolled: Face }> {
  return await gallery.inTurn(collectionId, async () => {
    const [{ template, descriptor }] = person.references;
    for (;;) {
      const revision = await gallery.revision(collectionId);
      const found = await gallery.identify(collectionId, template, { threshold, descriptor });
      if (found.match) return { found };
      const enrolled = await gallery.enrolUnlessChanged(collectionId, person, revision);
      if (enrolled !== null) return { enrolled };
    }
  });
}

/**
 * Give references to the face under an external key, the first one where several have it, or else enrol a person
 * under it. One call after the other in a collection: however many come at once, a key gets one face.
 * The oldest references make room for new ones.
 * @param most where one more makes more than this, the oldest goes; by default as many as a face holds
 * @throws as `Gallery.enrol`, and `different-person` when the references show several people, or another one than the face
 */
export async function enrolUnderKey(
  gallery: Gallery,
  collectionId: string,
  person: NewPerson & { readonly externalKey: string },
  most?: number,
): Promise<{ readonly face: Face; readonly isNew: boolean }> {
  const { externalKey, references, beside } = person;
  return await enrolInTurn(gallery, collectionId, async () => {
    const [faceId] = await gallery.faceIdsByExternalKey(collectionId, externalKey);
    const [one] = references;
    const least = gallery.samePersonSimilarity;
    if (references.some(({ template }) => similarity(one!.template, template) < least)) {
      throw new LintelError('different-person');
    }
    if (faceId === undefined) return { face: await gallery.enrol(collectionId, person), isNew: true };
    const face = await addReferences(gallery, collectionId, faceId, references, {
      makeRoom: true,
      ...(most !== undefined && { most }),
      ...(beside && { beside }),
    });
    return { face, isNew: false };
  });
}

/**
 * Does what enrols under an external key, one after the other in a collection. Where another process gave the key to a face
 * meanwhile, it is done again, with that face.
 */
export function enrolInTurn<T>(gallery: Gallery, collectionId: string, enrol: () => Promise<T>): Promise<T> {
  return gallery.inTurn(collectionId, async () => {
    try {
      return await enrol();
    } catch (error) {
      if (error instanceof LintelError && error.code === 'external-key-in-use') return await enrol();
      throw error;
    }
  });
}

/**
 * Give references to a person who is enrolled. One of them like those that are there is enough: they are like each other.
 * @throws LintelError `different-person` when they show another person, and as `Gallery.addReferences`
 */
export async function addReferences(
  gallery: Gallery,
  collectionId: string,
  faceId: string,
  references: readonly NewReference[],
  options?: AddingOptions,
): Promise<Face> {
  const alike = await gallery.similarityTo(collectionId, faceId, references);
  if (alike < gallery.samePersonSimilarity) throw new LintelError('different-person');
  return await gallery.addReferences(collectionId, faceId, references, options);
}

/**
 * How alike one reference and those of a person enrolled are at best, for `referencesFrom`: -1..1.
 * @throws as `Gallery.similarityTo`
 */
export const likenessTo =
  (gallery: Gallery, collectionId: string, faceId: string) =>
  (reference: NewReference): Promise<number> =>
    gallery.similarityTo(collectionId, faceId, [reference]);

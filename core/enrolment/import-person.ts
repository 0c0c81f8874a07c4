import type { Consent, Face, ListedPerson, SuspectedDuplicate } from '#contract';
import type { Gallery } from '#core/gallery';
import { similarity } from '#core/matching';
import { referencesFrom, type References } from './references.ts';
import { ENROLMENT_RULES } from './rules.ts';

/** A list's pictures come from files, and nobody stands by who would say whether two people are one. */
const RULES = ENROLMENT_RULES.screen.file;

/** What became of somebody on a list. */
export type Imported = { readonly rejected: References['rejected'] } & (
  | { readonly outcome: 'enrolled'; readonly face: Face }
  /** Somebody has this external key: an import that was broken off goes on where it ended. */
  | { readonly outcome: 'known' }
  /** No picture can be used. */
  | { readonly outcome: 'refused' }
  /** Looks like somebody enrolled: an operator has to say whether it is the same person. */
  | { readonly outcome: 'held'; readonly suspectedDuplicates: readonly SuspectedDuplicate[] }
);

/**
 * Enrol somebody from a list, once however often it is tried.
 * @param person as the list has it, and what they agreed to; null: they were not asked
 * @param images encoded, as files are judged
 * @throws LintelError `busy`, and as `Gallery.enrol`
 */
export async function importPerson(
  options: Parameters<typeof referencesFrom>[0] & { readonly gallery: Gallery },
  collectionId: string,
  { name, externalKey, access, consent }: ListedPerson & { readonly consent: Consent | null },
  images: readonly Uint8Array[],
): Promise<Imported> {
  const { gallery } = options;
  if (await isKnown(gallery, collectionId, externalKey)) return { outcome: 'known', rejected: [] };
  const { references, rejected } = await referencesFrom(options, images, RULES);
  if (references.length === 0) return { outcome: 'refused', rejected };
  const metadata = { ...(name !== null && { name }), ...(access && { access }), ...(consent && { consent }) };
  const person = { references, externalKey, metadata };
  const { face, suspectedDuplicates } = await RULES.enrol(gallery, collectionId, person, false);
  return face === null
    ? { outcome: 'held', suspectedDuplicates, rejected }
    : { outcome: 'enrolled', face, rejected };
}

/** What would become of somebody: `listed`, they would be enrolled with these references. */
export type Previewed =
  | Exclude<Imported, { readonly outcome: 'enrolled' }>
  | ({ readonly outcome: 'listed' } & Pick<References, 'references' | 'rejected'>)
  /** Looks like somebody before them on the list. */
  | (Extract<Imported, { readonly outcome: 'held' }> & { readonly earlier: number });

/**
 * What {@link importPerson} would answer. Whoever looks like an earlier person of the same list is held, too: `earlier` is which.
 * @param collectionId may be one that is not there yet
 * @param earlier those before them on the list who would be enrolled
 * @throws as {@link importPerson}
 */
export async function previewPerson(
  options: Parameters<typeof importPerson>[0],
  collectionId: string,
  { externalKey }: Pick<ListedPerson, 'externalKey'>,
  images: readonly Uint8Array[],
  earlier: readonly Pick<References, 'references'>[],
): Promise<Previewed> {
  const { gallery, recognizer } = options;
  const isThere = (await gallery.listCollections()).some((each) => each.collectionId === collectionId);
  if (isThere && (await isKnown(gallery, collectionId, externalKey)))
    return { outcome: 'known', rejected: [] };
  const { references, rejected } = await referencesFrom(options, images, RULES);
  if (references.length === 0) return { outcome: 'refused', rejected };
  const suspectedDuplicates = isThere ? await gallery.suspectedDuplicates(collectionId, references) : [];
  if (suspectedDuplicates.length > 0) return { outcome: 'held', suspectedDuplicates, rejected };
  const kept = isThere ? await gallery.countReferences(collectionId, recognizer.modelId) : 0;
  const least = gallery.leastAlike(kept + earlier.flatMap((each) => each.references).length);
  const like = earlier.findIndex((each) =>
    each.references.some((one) =>
      references.some((other) => similarity(one.template, other.template) >= least),
    ),
  );
  return like === -1
    ? { outcome: 'listed', references, rejected }
    : { outcome: 'held', suspectedDuplicates: [], earlier: like, rejected };
}

const isKnown = async (
  gallery: Gallery,
  collectionId: string,
  externalKey: string | null,
): Promise<boolean> =>
  externalKey !== null && (await gallery.faceIdsByExternalKey(collectionId, externalKey)).length > 0;

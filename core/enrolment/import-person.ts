import type { Consent, Face, ListedPerson, SuspectedDuplicate } from '#contract';
import type { Gallery } from '#core/gallery';
import { referencesFrom, type References } from './references.ts';
import { ENROLMENT_RULES } from './rules.ts';

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
  if (externalKey !== null && (await gallery.faceIdsByExternalKey(collectionId, externalKey)).length > 0)
    return { outcome: 'known', rejected: [] };
  const rules = ENROLMENT_RULES.screen.file;
  const { references, rejected } = await referencesFrom(options, images, rules);
  if (references.length === 0) return { outcome: 'refused', rejected };
  const metadata = { ...(name !== null && { name }), ...(access && { access }), ...(consent && { consent }) };
  const person = { references, externalKey, metadata };
  const { face, suspectedDuplicates } = await rules.enrol(gallery, collectionId, person, false);
  return face === null
    ? { outcome: 'held', suspectedDuplicates, rejected }
    : { outcome: 'enrolled', face, rejected };
}

import type { KioskOutput, Settings } from '#contract';
import { addReferences, ENROLMENT_RULES, referencesFrom, type ReferenceOptions } from '#core/enrolment';
import type { ParsedInput } from './dispatcher.ts';
import type { Serving } from './models.ts';

type Options = ReferenceOptions & Serving & { readonly keepImages: Settings['keepImages'] };

/**
 * Enrol a person from the pictures that may be references; the others are named with the reason.
 * @throws LintelError `external-key-in-use`, `busy` and faults; then nothing was stored
 */
export async function enrolPerson(
  options: Options,
  collectionId: string,
  { metadata, externalKey, images, source, allowDuplicate }: ParsedInput<'people.enrol'>,
): Promise<KioskOutput<'people.enrol'>> {
  const rules = ENROLMENT_RULES.screen[source];
  const { references, ...rest } = await referencesFrom(options, images, rules);
  if (references.length === 0) return { face: null, suspectedDuplicates: [], ...rest };
  const person = { references, externalKey, metadata };
  return { ...(await rules.enrol(options.gallery, collectionId, person, allowDuplicate)), ...rest };
}

/**
 * Give pictures to a person who is enrolled.
 * @throws LintelError `different-person` when they show somebody else, `face-not-found`, `too-many-references`, `busy`
 */
export async function addPictures(
  options: Options,
  collectionId: string,
  { faceId, images, source }: ParsedInput<'people.add-pictures'>,
): Promise<KioskOutput<'people.add-pictures'>> {
  const { references, ...rest } = await referencesFrom(options, images, ENROLMENT_RULES.screen[source]);
  if (references.length === 0) return { face: null, ...rest };
  return { face: await addReferences(options.gallery, collectionId, faceId, references), ...rest };
}

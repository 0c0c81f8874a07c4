import type { Consent, Face, PersonAccess } from '#contract';
import type { Gallery } from '#core/gallery';

/** What is noted otherwise of a person from now on; what is not named stays, null removes. */
export interface Corrections {
  readonly name?: string | null | undefined;
  readonly externalKey?: string | null | undefined;
  readonly access?: Partial<PersonAccess> | null | undefined;
  /** What they agreed to now. */
  readonly consent?: Consent | null | undefined;
}

/**
 * Correct the external key of a person, then their name, access and consent: a key that is refused leaves all as it was.
 * @throws LintelError `external-key-in-use`, `external-key-invalid`, `face-not-found`, `collection-not-found`
 */
export async function correctPerson(
  gallery: Gallery,
  collectionId: string,
  faceId: string,
  { name, externalKey, access, consent }: Corrections,
): Promise<Face> {
  const { externalKey: formerKey, metadata } = await gallery.getFace(collectionId, faceId);
  if (externalKey === null && formerKey !== null) {
    await gallery.removeExternalKey(collectionId, formerKey, faceId);
  } else if (typeof externalKey === 'string' && externalKey !== formerKey) {
    await gallery.setExternalKey(collectionId, faceId, externalKey);
  }
  const noted = name === undefined ? metadata.name : (name ?? undefined);
  if (noted !== metadata.name || access || consent) {
    const named = noted === undefined ? {} : { name: noted };
    await gallery.setMetadata(collectionId, faceId, {
      ...named,
      ...(access && { access }),
      ...(consent && { consent }),
    });
  }
  return await gallery.getFace(collectionId, faceId);
}

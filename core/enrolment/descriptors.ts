import { DESCRIPTOR_THRESHOLD, LintelError, type FaceMetadata, type NewEvent } from '#contract';
import { newFaceId, type Gallery } from '#core/gallery';
import type { UserStore } from '#core/store';
import { enrolInTurn } from './enrol.ts';

/** A person to be enrolled by a descriptor that a client sent. */
export interface DescribedPerson {
  readonly externalKey: string;
  readonly email: string | null;
  readonly metadata: FaceMetadata;
  /** As face-api made it; see `DescriptorNumbers` for its bounds. */
  readonly descriptor: Float32Array;
  /** 0..1, as the client says. */
  readonly quality: number;
  readonly events: readonly NewEvent[];
}

/**
 * Give a descriptor to the face under an external key, the first one where several have it, or else enrol a person under it.
 * One call after the other in a collection. No picture is learned from it: it stays a second template.
 * @param most templates that a person may have; beyond them the oldest descriptor makes room
 * @returns the face, and the name of the template
 * @throws LintelError `different-person` when it is not like a second template of the face, or the face has none: then nothing
 *   tells whose it is. `email-exists`, `collection-not-found`, `store-*`
 */
export async function enrolByDescriptor(
  {
    gallery,
    users,
    account,
  }: { readonly gallery: Gallery; readonly users: UserStore; readonly account: string },
  collectionId: string,
  { externalKey, metadata, descriptor, ...more }: DescribedPerson,
  most: number,
): Promise<{ readonly faceId: string; readonly uid: string }> {
  return await enrolInTurn(gallery, collectionId, async () => {
    const [known] = await gallery.faceIdsByExternalKey(collectionId, externalKey);
    if (known === undefined) {
      const faceId = newFaceId();
      const person = { faceId, externalKey, metadata, descriptor, ...more };
      return { faceId, uid: await users.enrolByDescriptor(account, collectionId, person) };
    }
    const [nearest] = await gallery.searchDescriptors(collectionId, descriptor, { faceId: known });
    if (nearest === undefined || 1 - nearest.distance < DESCRIPTOR_THRESHOLD) {
      throw new LintelError('different-person');
    }
    const added = { faceId: known, descriptor, ...more };
    return { faceId: known, uid: await users.addDescriptor(account, collectionId, added, most) };
  });
}

import { LintelError, type EnrolledFace, type Face } from '#contract';
import type { Gallery } from '#core/gallery';
import { documentOf } from './documents.ts';

/** Faces of a collection as this API shows them; those that are gone meanwhile are left out. */
export async function described(
  gallery: Gallery,
  collectionId: string,
  faces: readonly Face[],
): Promise<EnrolledFace[]> {
  const known = await gallery.particulars(
    collectionId,
    faces.map(({ faceId }) => faceId),
  );
  return faces.flatMap((face) => {
    const particulars = known.get(face.faceId);
    if (particulars === undefined) return [];
    return {
      face_id: face.faceId,
      external_id: face.externalKey,
      collection_id: collectionId,
      quality_score: particulars.quality,
      liveness_score: particulars.live,
      metadata: documentOf(face, particulars.document),
      created_at: face.createdAt,
    };
  });
}

/** @throws `face-not-found` where the face is gone meanwhile */
export async function describedOne(
  gallery: Gallery,
  collectionId: string,
  face: Face,
): Promise<EnrolledFace> {
  const [shown] = await described(gallery, collectionId, [face]);
  if (shown === undefined) throw new LintelError('face-not-found');
  return shown;
}

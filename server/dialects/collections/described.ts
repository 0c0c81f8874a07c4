import type { EnrolledFace, Face } from '#contract';
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

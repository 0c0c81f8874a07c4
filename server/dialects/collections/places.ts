import { z } from 'zod';
import { CollectionId, namedId } from '#contract';

/** What the addresses of this API name. */
export const InCollection = z.object({ collection_id: CollectionId });
export const OfFace = InCollection.extend({ face_id: namedId(512) });

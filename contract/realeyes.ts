import { z } from 'zod';
import type { Endpoint } from './endpoint.ts';
import { CollectionDescription } from './gallery.ts';
import { CollectionId, DEFAULT_THRESHOLD, ExternalKey, namedId } from './ids.ts';
import { ImageInput } from './image-input.ts';

/**
 * The Realeyes API, one entry per endpoint: the server, its OpenAPI document and the client are all
 * made from this table. GET and DELETE take their input from the query, POST and PUT from a JSON body.
 */

const Description = CollectionDescription.nullable();
const collectionId = CollectionId.describe('The collection identifier');
const faceId = namedId(512).describe('The id of a face');
const externalKey = ExternalKey.describe('1 to 512 printable ASCII characters (0x21-0x7E)');

const CollectionItem = z
  .object({
    collectionId: z.string().nullable().describe('Identifier of the collection'),
    description: z.string().nullable().describe('Optional textual description'),
    createdAt: z.iso.datetime().describe('UTC timestamp when the collection was created'),
    updatedAt: z.iso.datetime().describe('UTC timestamp when the collection was last updated'),
  })
  .meta({ id: 'Collection' });

const CollectionName = z.object({
  collectionId: z.string().nullable().describe('Identifier of the collection'),
});

const faceMatchThreshold = z
  .int()
  .min(0)
  .max(100)
  .default(DEFAULT_THRESHOLD)
  .describe(
    'The minimum confidence of a match. 95, 90, 80 and 70 correspond to FPR 1e-6, 1e-5, 1e-4 and 1e-3',
  );

const FaceInImage = z.object({
  face: z
    .object({
      confidence: z.number().min(0).max(1).describe('Face detection score (higher is better)'),
      boundingBox: z.object({
        x: z.int().describe('Horizontal position'),
        y: z.int().describe('Vertical position'),
        width: z.int(),
        height: z.int(),
      }),
    })
    .nullable()
    .describe('Detected face information; null when no face was found'),
  faceId: z.string().nullable().describe('The id of the face'),
  hasFace: z.boolean().describe('Indicates whether a face was found in the image'),
  unprocessedFaceCount: z.int().min(0).describe('Faces besides the dominant one, which were not processed'),
});

const externalKeyOfMatch = z
  .string()
  .nullable()
  .describe('The external key associated with the matched face');

const Nothing = z.object({});

const InCollection = z.object({ collectionId });

export const REALEYES = {
  getCollection: {
    method: 'GET',
    path: '/v1/collection/get',
    scope: 'read',
    summary: 'Retrieve a single collection',
    input: InCollection,
    output: z.object({ recognitionCollection: CollectionItem }),
    refusals: [400, 404],
  },
  getAllCollections: {
    method: 'GET',
    path: '/v1/collection/get-all',
    scope: 'read',
    summary: 'List all collections of the account',
    input: Nothing,
    output: z.object({ collections: z.array(CollectionItem).nullable() }),
    refusals: [400],
  },
  createCollection: {
    method: 'POST',
    path: '/v1/collection/create',
    scope: 'admin',
    summary: 'Create a collection',
    input: z.object({ collectionId, description: Description.optional() }),
    output: CollectionName,
    refusals: [400, 409],
  },
  updateCollection: {
    method: 'PUT',
    path: '/v1/collection/update',
    scope: 'admin',
    summary: 'Change the description of a collection',
    input: z.object({ collectionId, description: Description.optional() }),
    output: CollectionName,
    refusals: [400, 404],
  },
  resetCollection: {
    method: 'DELETE',
    path: '/v1/collection/reset',
    scope: 'admin',
    summary: 'Remove all faces of a collection, irreversibly, and keep the collection',
    input: InCollection,
    output: CollectionName,
    refusals: [400, 404],
  },
  deleteCollection: {
    method: 'DELETE',
    path: '/v1/collection/delete',
    scope: 'admin',
    summary: 'Delete a collection',
    input: InCollection,
    output: Nothing,
    refusals: [400],
  },
  searchFace: {
    method: 'POST',
    path: '/v1/face/search',
    scope: 'read',
    summary: 'Search for a face in a collection',
    input: z.object({ image: ImageInput, collectionId, faceMatchThreshold }),
    output: FaceInImage.extend({ externalKey: externalKeyOfMatch }),
    refusals: [400, 404],
  },
  indexFace: {
    method: 'POST',
    path: '/v1/face/index',
    scope: 'write',
    summary: 'Index a new face into a collection',
    input: z.object({ image: ImageInput, collectionId }),
    output: FaceInImage,
    refusals: [400, 404],
  },
  searchOrIndexFace: {
    method: 'POST',
    path: '/v1/face/search-or-index',
    scope: 'write',
    summary: 'Search for a face in a collection, and index it if it is not found',
    input: z.object({ image: ImageInput, collectionId, faceMatchThreshold }),
    output: FaceInImage.extend({
      externalKey: externalKeyOfMatch,
      resultSource: z.enum(['None', 'Search', 'Index']).describe('Where the face id comes from'),
    }),
    refusals: [400, 404],
  },
  deleteFace: {
    method: 'DELETE',
    path: '/v1/face/delete',
    scope: 'write',
    summary: 'Delete a face by its id, or every face of an external key',
    input: z
      .object({ collectionId, faceId: faceId.optional(), externalKey: externalKey.optional() })
      .refine(
        ({ faceId, externalKey }) => (faceId === undefined) !== (externalKey === undefined),
        'Give either faceId or externalKey.',
      ),
    output: Nothing,
    refusals: [400, 404],
  },
  setExternalKey: {
    method: 'PUT',
    path: '/v1/external-key/set',
    scope: 'write',
    summary: 'Associate an external key with a face',
    input: z.object({ collectionId, faceId, externalKey, allowDuplicates: z.boolean().default(false) }),
    output: z.object({ faceId: z.string(), externalKey: z.string(), result: z.enum(['Created', 'Updated']) }),
    refusals: [400, 404],
  },
  getFaceIds: {
    method: 'GET',
    path: '/v1/external-key/get-face-ids',
    scope: 'read',
    summary: 'The faces associated with an external key',
    input: z.object({ collectionId, externalKey }),
    output: z.object({ faceIds: z.array(z.string()) }),
    refusals: [400, 404],
  },
  deleteExternalKey: {
    method: 'DELETE',
    path: '/v1/external-key/delete',
    scope: 'write',
    summary: 'Remove the associations of an external key, or the one with a face',
    input: z.object({ collectionId, externalKey, faceId: faceId.optional() }),
    output: Nothing,
    refusals: [400, 404],
  },
} as const satisfies Record<string, Endpoint>;

export type RealeyesName = keyof typeof REALEYES;
/** What a caller sends. */
export type RealeyesRequest<Name extends RealeyesName> = z.input<(typeof REALEYES)[Name]['input']>;
/** What the server works on, with defaults filled in. */
export type RealeyesInput<Name extends RealeyesName> = z.output<(typeof REALEYES)[Name]['input']>;
export type RealeyesOutput<Name extends RealeyesName> = z.output<(typeof REALEYES)[Name]['output']>;

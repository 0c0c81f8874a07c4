import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import {
  BatchResult,
  EnrolledFace,
  ExternalKey,
  EnrolledFacePage,
  LintelError,
  MetadataChange,
  PageQuery,
  toErrorBody,
} from '#contract';
import { ENROLMENT_RULES, referenceFrom } from '#core/enrolment';
import { endpoints } from '../../http/endpoints.ts';
import { UploadedFile, type Upload } from '../../http/form.ts';
import type { DialectOptions } from '../options.ts';
import { described, describedOne } from './described.ts';
import { metadataOf, parseJson, toDocument } from './documents.ts';
import { COLLECTIONS, reasonFor } from './envelope.ts';
import { InCollection, OfFace } from './places.ts';

/** Pictures in one request, and what they may weigh together. */
const BATCH = { items: 100, bytes: 64_000_000 } as const;

const externalId = ExternalKey.describe('Your identifier for this person');
const metadata = z.string().describe('A JSON object, returned with matches').optional();
const checkLiveness = z
  .enum(['true', 'false'])
  .default('true')
  .transform((text) => text === 'true')
  .describe('Run the liveness check before enrolling');

const EnrolmentForm = z.object({
  image: UploadedFile,
  external_id: externalId,
  metadata,
  check_liveness: checkLiveness,
});
const BatchForm = z.object({
  'images[]': z.array(UploadedFile).max(BATCH.items),
  'external_ids[]': z.array(z.string()).max(BATCH.items).default([]),
  'metadata[]': z.array(z.string()).max(BATCH.items).default([]),
  check_liveness: checkLiveness,
});

/** One person to be enrolled. */
interface Item {
  readonly image: Upload;
  readonly externalId: string;
  readonly metadata: string | undefined;
  readonly checkLiveness: boolean;
}

/** Enrolling faces one by one and many at once, listing, changing and deleting them. */
export function serveFaces(
  scope: FastifyInstance,
  { galleries, recognizer, recognizers }: DialectOptions,
): void {
  const serve = endpoints(scope, COLLECTIONS, { tag: 'faces', security: ['apiKey'] });

  const enrol = async (accountId: string, collectionId: string, item: Item) => {
    const rules = { ...ENROLMENT_RULES.collections, mustLookLive: item.checkLiveness };
    // Before any work on the picture.
    const document = item.metadata === undefined ? null : toDocument(parseJson(item.metadata));
    const made = { recognizer: await recognizers.of(accountId) };
    const { reference, live } = await referenceFrom(made, item.image.image, rules);
    const gallery = await galleries.of(accountId);
    const { face, isNew } = await rules.enrol(gallery, collectionId, {
      externalKey: item.externalId,
      references: [reference],
      metadata: document === null ? {} : metadataOf(document),
      particulars: { document, live },
    });
    const now =
      isNew || document === null
        ? face
        : await gallery.setMetadata(collectionId, face.faceId, metadataOf(document), document);
    const shown = await describedOne(gallery, collectionId, now);
    // The measurements of this picture, also where the person has an earlier one.
    return { isNew, shown: { ...shown, quality_score: reference.quality, liveness_score: live } };
  };

  serve('write', 'POST /api/v1/collections/:collection_id/faces', {
    summary: 'Enroll a face',
    description: 'Takes a key with the scope write. A known external_id gets another reference.',
    params: InCollection,
    form: EnrolmentForm,
    answers: { 200: EnrolledFace, 201: EnrolledFace },
    handle: async ({ params: { collection_id: collectionId }, body, accountId, reply }) => {
      await (await galleries.of(accountId)).getCollection(collectionId);
      const { image, external_id: externalId, metadata, check_liveness: checkLiveness } = body;
      const item = { image, externalId, metadata, checkLiveness };
      const { isNew, shown } = await enrol(accountId, collectionId, item);
      if (isNew) void reply.code(201);
      return shown;
    },
  });

  serve('write', 'POST /api/v1/collections/:collection_id/faces/batch', {
    bodyLimit: BATCH.bytes,
    summary: 'Enroll several faces, each by itself',
    description: `Takes a key with the scope write. Images and identifiers belong together by their order; at most ${BATCH.items}.`,
    params: InCollection,
    form: BatchForm,
    answers: { 200: BatchResult, 207: BatchResult },
    handle: async ({ params: { collection_id: collectionId }, body, accountId, request, reply }) => {
      const { 'images[]': images, 'external_ids[]': ids, 'metadata[]': documents } = body;
      await (await galleries.of(accountId)).getCollection(collectionId);
      const enrolItem = async (index: number) => {
        const [image, externalId, metadata] = [images[index], ids[index], documents[index]];
        const entry = { index, external_id: externalId ?? null };
        try {
          const known = ExternalKey.safeParse(externalId);
          if (!known.success) throw new LintelError('external-key-invalid');
          if (image === undefined) throw new LintelError('usage', '(an image is missing)');
          const { check_liveness: checkLiveness } = body;
          const item = { image, externalId: known.data, metadata, checkLiveness };
          const { shown } = await enrol(accountId, collectionId, item);
          return { ...entry, success: true, face: shown, error: null };
        } catch (error) {
          const { code, message } = toErrorBody(error);
          if (code === 'internal') request.log.error({ err: error }, 'an item of a batch failed');
          const refusal =
            error instanceof LintelError ? error : new LintelError('internal', undefined, { cause: message });
          return { ...entry, success: false, face: null, error: reasonFor(refusal) };
        }
      };
      const total = Math.max(images.length, ids.length);
      const results = await inParallel(total, recognizer.concurrency, enrolItem);
      const succeeded = results.filter(({ success }) => success).length;
      const failed = total - succeeded;
      if (failed > 0) void reply.code(207);
      return { results, total, succeeded, failed };
    },
  });

  serve('read', 'GET /api/v1/collections/:collection_id/faces', {
    summary: 'List the faces of a collection, in order of enrolment',
    params: InCollection,
    query: PageQuery,
    answers: { 200: EnrolledFacePage },
    handle: async ({ params: { collection_id: collectionId }, query: { page, page_size }, accountId }) => {
      const gallery = await galleries.of(accountId);
      const { faces, total } = await gallery.listFaces(collectionId, {
        offset: (page - 1) * page_size,
        limit: page_size,
      });
      return { faces: await described(gallery, collectionId, faces), page, page_size, total };
    },
  });

  serve('read', 'GET /api/v1/collections/:collection_id/faces/:face_id', {
    summary: 'Get a face',
    params: OfFace,
    answers: { 200: EnrolledFace },
    handle: async ({ params: { collection_id: collectionId, face_id: faceId }, accountId }) => {
      const gallery = await galleries.of(accountId);
      const face = await gallery.getFace(collectionId, faceId);
      return await describedOne(gallery, collectionId, face);
    },
  });

  serve('write', 'PUT /api/v1/collections/:collection_id/faces/:face_id', {
    summary: 'Update the metadata of a face',
    params: OfFace,
    body: MetadataChange,
    answers: { 200: EnrolledFace },
    handle: async ({ params: { collection_id: collectionId, face_id: faceId }, body, accountId }) => {
      const gallery = await galleries.of(accountId);
      const document = toDocument(body.metadata);
      const face = await gallery.setMetadata(collectionId, faceId, metadataOf(document), document);
      return await describedOne(gallery, collectionId, face);
    },
  });

  serve('write', 'DELETE /api/v1/collections/:collection_id/faces/:face_id', {
    summary: 'Delete a face; it appears in no search from then on',
    params: OfFace,
    answers: { 200: z.object({ face_id: z.string(), deleted: z.literal(true) }) },
    handle: async ({ params: { collection_id: collectionId, face_id: faceId }, accountId }) => {
      const gallery = await galleries.of(accountId);
      if (!(await gallery.deleteFace(collectionId, faceId))) throw new LintelError('face-not-found');
      return { face_id: faceId, deleted: true };
    },
  });
}

/** `work` for 0, 1, ... in this order, so many at once. */
async function inParallel<T>(
  count: number,
  atOnce: number,
  work: (index: number) => Promise<T>,
): Promise<T[]> {
  const results: T[] = [];
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < count) {
      const index = next++;
      results[index] = await work(index);
    }
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, count) }, worker));
  return results;
}

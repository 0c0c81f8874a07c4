import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import {
  CollectionChange,
  CollectionData,
  CollectionId,
  LintelError,
  NewCollection,
  type Collection,
} from '#contract';
import type { Gallery } from '#core/gallery';
import { callerOf } from '../../http/authentication.ts';
import { endpoints } from '../../http/endpoints.ts';
import type { DialectOptions } from '../options.ts';
import { COLLECTIONS } from './envelope.ts';

const InCollection = z.object({ collection_id: CollectionId });

/** The page takes collections for granted; here they are made, switched and removed in its style. */
export function serveCollections(scope: FastifyInstance, { galleries }: DialectOptions): void {
  const serve = endpoints(scope, COLLECTIONS, { tag: 'collections', security: ['apiKey'] });

  serve('POST /api/v1/collections', {
    scope: 'admin',
    summary: 'Create a collection',
    body: NewCollection,
    answers: { 201: CollectionData },
    handle: async (request) => {
      const { collection_id: collectionId, description, auto_enroll: autoEnrol } = request.body;
      const gallery = await galleries.of(callerOf(request).accountId);
      const collection = await gallery.createCollection(collectionId, description);
      if (autoEnrol) await gallery.setAutoEnrol(collectionId, true);
      return await toData(gallery, collection);
    },
  });

  serve('GET /api/v1/collections', {
    scope: 'read',
    summary: 'List the collections',
    answers: { 200: z.object({ collections: z.array(CollectionData) }) },
    handle: async (request) => {
      const gallery = await galleries.of(callerOf(request).accountId);
      const found = await gallery.listCollections();
      return { collections: await Promise.all(found.map((each) => toData(gallery, each))) };
    },
  });

  serve('GET /api/v1/collections/:collection_id', {
    scope: 'read',
    summary: 'Get a collection',
    params: InCollection,
    answers: { 200: CollectionData },
    handle: async (request) => {
      const gallery = await galleries.of(callerOf(request).accountId);
      return await toData(gallery, await gallery.getCollection(request.params.collection_id));
    },
  });

  serve('PUT /api/v1/collections/:collection_id', {
    scope: 'admin',
    summary: 'Change the description of a collection, or whether it enrols automatically',
    params: InCollection,
    body: CollectionChange,
    answers: { 200: CollectionData },
    handle: async (request) => {
      const { collection_id: collectionId } = request.params;
      const { description, auto_enroll: autoEnrol } = request.body;
      const gallery = await galleries.of(callerOf(request).accountId);
      if (description !== undefined) await gallery.updateCollection(collectionId, description);
      if (autoEnrol !== undefined) await gallery.setAutoEnrol(collectionId, autoEnrol);
      return await toData(gallery, await gallery.getCollection(collectionId));
    },
  });

  serve('DELETE /api/v1/collections/:collection_id', {
    scope: 'admin',
    summary: 'Delete a collection with all its faces',
    params: InCollection,
    answers: { 200: z.object({ collection_id: z.string(), deleted: z.literal(true) }) },
    handle: async (request) => {
      const { collection_id: collectionId } = request.params;
      const gallery = await galleries.of(callerOf(request).accountId);
      if (!(await gallery.deleteCollection(collectionId))) throw new LintelError('collection-not-found');
      return { collection_id: collectionId, deleted: true };
    },
  });
}

const toData = async (
  gallery: Gallery,
  { collectionId, description, createdAt, updatedAt }: Collection,
): Promise<z.infer<typeof CollectionData>> => ({
  collection_id: collectionId,
  description,
  auto_enroll: await gallery.autoEnrols(collectionId),
  face_count: await gallery.count(collectionId),
  created_at: createdAt,
  updated_at: updatedAt,
});

import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { CollectionChange, CollectionData, LintelError, NewCollection, type Collection } from '#contract';
import type { Gallery } from '#core/gallery';
import { endpoints } from '../../http/endpoints.ts';
import type { DialectOptions } from '../options.ts';
import { COLLECTIONS } from './envelope.ts';
import { InCollection } from './places.ts';

/** The page takes collections for granted; here they are made, switched and removed in its style. */
export function serveCollections(scope: FastifyInstance, { galleries }: DialectOptions): void {
  const serve = endpoints(scope, COLLECTIONS, { tag: 'collections', security: ['apiKey'] });

  serve('admin', 'POST /api/v1/collections', {
    summary: 'Create a collection',
    body: NewCollection,
    answers: { 201: CollectionData },
    handle: async ({ body, accountId }) => {
      const { collection_id: collectionId, description, auto_enroll: autoEnrol } = body;
      const gallery = await galleries.of(accountId);
      const collection = await gallery.createCollection(collectionId, description);
      if (autoEnrol) await gallery.setAutoEnrol(collectionId, true);
      return await toData(gallery, collection);
    },
  });

  serve('read', 'GET /api/v1/collections', {
    summary: 'List the collections',
    answers: { 200: z.object({ collections: z.array(CollectionData) }) },
    handle: async ({ accountId }) => {
      const gallery = await galleries.of(accountId);
      const found = await gallery.listCollections();
      return { collections: await Promise.all(found.map((each) => toData(gallery, each))) };
    },
  });

  serve('read', 'GET /api/v1/collections/:collection_id', {
    summary: 'Get a collection',
    params: InCollection,
    answers: { 200: CollectionData },
    handle: async ({ params, accountId }) => {
      const gallery = await galleries.of(accountId);
      return await toData(gallery, await gallery.getCollection(params.collection_id));
    },
  });

  serve('admin', 'PUT /api/v1/collections/:collection_id', {
    summary: 'Change the description of a collection, or whether it enrols automatically',
    params: InCollection,
    body: CollectionChange,
    answers: { 200: CollectionData },
    handle: async ({ params: { collection_id: collectionId }, body, accountId }) => {
      const { description, auto_enroll: autoEnrol } = body;
      const gallery = await galleries.of(accountId);
      if (description !== undefined) await gallery.updateCollection(collectionId, description);
      if (autoEnrol !== undefined) await gallery.setAutoEnrol(collectionId, autoEnrol);
      return await toData(gallery, await gallery.getCollection(collectionId));
    },
  });

  serve('admin', 'DELETE /api/v1/collections/:collection_id', {
    summary: 'Delete a collection with all its faces',
    params: InCollection,
    answers: { 200: z.object({ collection_id: z.string(), deleted: z.literal(true) }) },
    handle: async ({ params: { collection_id: collectionId }, accountId }) => {
      const gallery = await galleries.of(accountId);
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

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
import type { DialectOptions } from '../options.ts';
import { answers, done } from './envelope.ts';

const InCollection = z.object({ collection_id: CollectionId });

/** The page takes collections for granted; here they are made, switched and removed in its style. */
export function serveCollections(scope: FastifyInstance, { galleries }: DialectOptions): void {
  const common = { tags: ['collections'], security: [{ apiKey: [] }] };

  scope.post<{ Body: z.infer<typeof NewCollection> }>(
    '/api/v1/collections',
    {
      config: { scope: 'admin' },
      schema: {
        ...common,
        summary: 'Create a collection',
        body: NewCollection,
        response: answers(CollectionData, 201),
      },
    },
    async (request, reply) => {
      const { collection_id: collectionId, description, auto_enroll: autoEnrol } = request.body;
      const gallery = await galleries.of(callerOf(request).accountId);
      const collection = await gallery.createCollection(collectionId, description);
      if (autoEnrol) await gallery.setAutoEnrol(collectionId, true);
      return reply.code(201).send(done(await toData(gallery, collection)));
    },
  );

  scope.get(
    '/api/v1/collections',
    {
      config: { scope: 'read' },
      schema: {
        ...common,
        summary: 'List the collections',
        response: answers(z.object({ collections: z.array(CollectionData) }), 200),
      },
    },
    async (request) => {
      const gallery = await galleries.of(callerOf(request).accountId);
      const found = await gallery.listCollections();
      return done({ collections: await Promise.all(found.map((each) => toData(gallery, each))) });
    },
  );

  scope.get<{ Params: z.infer<typeof InCollection> }>(
    '/api/v1/collections/:collection_id',
    {
      config: { scope: 'read' },
      schema: {
        ...common,
        summary: 'Get a collection',
        params: InCollection,
        response: answers(CollectionData, 200),
      },
    },
    async (request) => {
      const gallery = await galleries.of(callerOf(request).accountId);
      return done(await toData(gallery, await gallery.getCollection(request.params.collection_id)));
    },
  );

  scope.put<{ Params: z.infer<typeof InCollection>; Body: z.infer<typeof CollectionChange> }>(
    '/api/v1/collections/:collection_id',
    {
      config: { scope: 'admin' },
      schema: {
        ...common,
        summary: 'Change the description of a collection, or whether it enrols automatically',
        params: InCollection,
        body: CollectionChange,
        response: answers(CollectionData, 200),
      },
    },
    async (request) => {
      const { collection_id: collectionId } = request.params;
      const { description, auto_enroll: autoEnrol } = request.body;
      const gallery = await galleries.of(callerOf(request).accountId);
      if (description !== undefined) await gallery.updateCollection(collectionId, description);
      if (autoEnrol !== undefined) await gallery.setAutoEnrol(collectionId, autoEnrol);
      return done(await toData(gallery, await gallery.getCollection(collectionId)));
    },
  );

  scope.delete<{ Params: z.infer<typeof InCollection> }>(
    '/api/v1/collections/:collection_id',
    {
      config: { scope: 'admin' },
      schema: {
        ...common,
        summary: 'Delete a collection with all its faces',
        params: InCollection,
        response: answers(z.object({ collection_id: z.string(), deleted: z.literal(true) }), 200),
      },
    },
    async (request) => {
      const { collection_id: collectionId } = request.params;
      const gallery = await galleries.of(callerOf(request).accountId);
      if (!(await gallery.deleteCollection(collectionId))) throw new LintelError('collection-not-found');
      return done({ collection_id: collectionId, deleted: true });
    },
  );
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

import type { Handlers } from './handlers.ts';

export const collections: Handlers<
  | 'getCollection'
  | 'getAllCollections'
  | 'createCollection'
  | 'updateCollection'
  | 'resetCollection'
  | 'deleteCollection'
> = {
  getCollection: async ({ collectionId }, { gallery }) => ({
    recognitionCollection: await gallery.getCollection(collectionId),
  }),

  getAllCollections: async (_input, { gallery }) => ({ collections: await gallery.listCollections() }),

  createCollection: async ({ collectionId, description = null }, { gallery }) => {
    await gallery.createCollection(collectionId, description);
    return { collectionId };
  },

  updateCollection: async ({ collectionId, description }, { gallery }) => {
    // Without a description there is nothing to change, but the collection has to be there all the same.
    if (description === undefined) await gallery.getCollection(collectionId);
    else await gallery.updateCollection(collectionId, description);
    return { collectionId };
  },

  resetCollection: async ({ collectionId }, { gallery }) => {
    await gallery.resetCollection(collectionId);
    return { collectionId };
  },

  deleteCollection: async ({ collectionId }, { gallery }) => {
    await gallery.deleteCollection(collectionId);
    return {};
  },
};

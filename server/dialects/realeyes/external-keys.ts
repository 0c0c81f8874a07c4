import type { Handlers } from './handlers.ts';

export const externalKeys: Handlers<'setExternalKey' | 'getFaceIds' | 'deleteExternalKey'> = {
  setExternalKey: async ({ collectionId, faceId, externalKey, allowDuplicates }, { gallery }) => {
    const change = await gallery.setExternalKey(collectionId, faceId, externalKey, { allowDuplicates });
    return { faceId, externalKey, result: change === 'created' ? 'Created' : 'Updated' };
  },

  getFaceIds: async ({ collectionId, externalKey }, { gallery }) => ({
    faceIds: await gallery.faceIdsByExternalKey(collectionId, externalKey),
  }),

  deleteExternalKey: async ({ collectionId, externalKey, faceId = null }, { gallery }) => {
    await gallery.removeExternalKey(collectionId, externalKey, faceId);
    return {};
  },
};

import { addReferences, ENROLMENT_RULES, referencesFrom, type References } from '#core/enrolment';
import { keepReceipt } from '../receipts/index.ts';
import type { Collaborators } from './collaborators.ts';
import type { HandlersOf } from './dispatcher.ts';
import type { Serving } from './models.ts';
import { orIfGone } from './own-collection.ts';

/** Enrolling people at the screen, listing, and removing them. */
export function peopleHandlers({
  engine,
  settings,
  codes,
  dataDir,
  screens,
}: Collaborators): HandlersOf<'people' | 'collections'> {
  const { gallery, serve, setModel } = engine;
  const collectionId = (): string => settings.current.collectionId;

  const lookAt = (
    serving: Serving,
    images: readonly Uint8Array[],
    source: 'camera' | 'file',
  ): Promise<References> => {
    const { keepImages } = settings.current;
    return referencesFrom({ ...serving, setModel, keepImages }, images, ENROLMENT_RULES.screen[source]);
  };

  return {
    'people.list': (query) => orIfGone(gallery.listFaces(collectionId(), query), { faces: [], total: 0 }),

    'people.enrol': async ({ metadata, externalKey, images, source, allowDuplicate }) => {
      await gallery.ensureCollection(collectionId());
      const result = await serve(async (serving) => {
        const { references, ...rest } = await lookAt(serving, images, source);
        if (references.length === 0) return { face: null, suspectedDuplicates: [], ...rest };
        const person = { references, externalKey, metadata };
        const { enrol } = ENROLMENT_RULES.screen[source];
        return { ...(await enrol(serving.gallery, collectionId(), person, allowDuplicate)), ...rest };
      });
      if (result.face) await screens.announce();
      return result;
    },

    'people.add-pictures': ({ faceId, images, source }) =>
      serve(async (serving) => {
        const { references, ...rest } = await lookAt(serving, images, source);
        if (references.length === 0) return { face: null, ...rest };
        return { face: await addReferences(serving.gallery, collectionId(), faceId, references), ...rest };
      }),

    'people.forget-automatic': ({ faceId }) =>
      serve(({ gallery: serving }) => serving.unlearn(collectionId(), faceId)),

    'people.give-code': async ({ faceId }) => ({ code: await codes.give(collectionId(), faceId) }),

    'people.remove': async ({ faceId }) => {
      await gallery.getFace(collectionId(), faceId);
      try {
        await keepReceipt(dataDir, await serve(({ gallery: serving }) => serving.erase({ faceId })));
      } finally {
        // Gone also when the file could not be cleaned yet.
        await screens.announce();
      }
      return {};
    },

    'collections.list': async () => ({ collections: await gallery.listCollections() }),
  };
}

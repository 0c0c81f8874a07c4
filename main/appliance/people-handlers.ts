import { LintelError, type Face, type ShownFace } from '#contract';
import { addReferences, ENROLMENT_RULES, likenessTo, referencesFrom, type References } from '#core/enrolment';
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
    faceId?: string,
  ): Promise<References> => {
    const { keepImages } = settings.current;
    const likeness = faceId !== undefined && likenessTo(serving.gallery, collectionId(), faceId);
    return referencesFrom(
      { ...serving, setModel, keepImages, ...(likeness && { likeness }) },
      images,
      ENROLMENT_RULES.screen[source],
    );
  };

  const show = async (serving: Serving, face: Face): Promise<ShownFace> => ({
    ...face,
    differing: await serving.gallery.differing(collectionId(), face.faceId),
  });
  /** Null for a person that another process has removed since. */
  const showIfThere = (serving: Serving, face: Face): Promise<ShownFace | null> =>
    show(serving, face).catch((error: unknown) => {
      if (error instanceof LintelError && error.code === 'face-not-found') return null;
      throw error;
    });

  return {
    'people.list': (query) =>
      serve(async (serving) => {
        const page = await orIfGone(gallery.listFaces(collectionId(), query), { faces: [], total: 0 });
        const shown = await Promise.all(page.faces.map((face) => showIfThere(serving, face)));
        return { ...page, faces: shown.filter((face) => face !== null) };
      }),

    'people.enrol': async ({ metadata, externalKey, images, source, allowDuplicate }) => {
      await gallery.ensureCollection(collectionId());
      const result = await serve(async (serving) => {
        const { references, ...rest } = await lookAt(serving, images, source);
        if (references.length === 0) return { face: null, suspectedDuplicates: [], ...rest };
        const person = { references, externalKey, metadata };
        const { enrol } = ENROLMENT_RULES.screen[source];
        const enrolled = await enrol(serving.gallery, collectionId(), person, allowDuplicate);
        return { ...enrolled, face: enrolled.face && (await show(serving, enrolled.face)), ...rest };
      });
      if (result.face) await screens.announce();
      return result;
    },

    'people.add-pictures': ({ faceId, images, source }) =>
      serve(async (serving) => {
        const { references, ...rest } = await lookAt(serving, images, source, faceId);
        if (references.length === 0) return { face: null, ...rest };
        const face = await addReferences(serving.gallery, collectionId(), faceId, references);
        return { face: await show(serving, face), ...rest };
      }),

    'people.forget-automatic': ({ faceId }) =>
      serve(async (serving) => show(serving, await serving.gallery.unlearn(collectionId(), faceId))),

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

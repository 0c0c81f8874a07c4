import { LintelError, type Face, type FaceMetadata, type ShownFace } from '#contract';
import {
  addReferences,
  correctPerson,
  ENROLMENT_RULES,
  importPerson,
  likenessTo,
  previewPerson,
  readList,
  referencesFrom,
  type Imported,
  type Previewed,
  type References,
} from '#core/enrolment';
import type { ErasureReason } from '#core/store';
import { consentNow } from '../settings/index.ts';
import { keepReceipt } from '../receipts/index.ts';
import type { Collaborators } from './collaborators.ts';
import type { HandlersOf } from './dispatcher.ts';
import { tryPicture } from '../session/index.ts';
import { judgeOf } from './judge.ts';
import type { Serving } from './models.ts';
import { faceIfThere, ifThere, orIfGone } from './own-collection.ts';

const hasGroups = ({ access }: FaceMetadata): boolean => access !== undefined && access.groups.length > 0;

/**
 * Enrolling people at the screen, listing, and removing them.
 * @param isAdministrator whether the operator who asks may say where others pass
 */
export function peopleHandlers(
  { engine, settings, codes, dataDir, screens, events }: Collaborators,
  isAdministrator: () => Promise<boolean>,
): HandlersOf<'people' | 'collections'> {
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
    hasGroups: hasGroups(face.metadata),
    differing: await serving.gallery.differing(collectionId(), face.faceId),
    lastSeenAt: (await events.lastPassage(face.faceId))?.at.toISOString() ?? null,
  });

  /** @throws LintelError `role-required` */
  async function requireAdministrator(): Promise<void> {
    if (!(await isAdministrator())) throw new LintelError('role-required');
  }

  /**
   * Who has groups passes where others do not, so it is for administrators to say which faces and codes pass as them.
   * @throws LintelError `role-required`, `face-not-found`, `collection-not-found`
   */
  async function requireMayLetPassAs(faceId: string): Promise<void> {
    const { metadata } = await gallery.getFace(collectionId(), faceId);
    if (hasGroups(metadata)) await requireAdministrator();
  }

  /** The name of the person who has an external key; null where nobody has it. */
  const holderOf = async (key: string | null): Promise<{ readonly name: string | null } | null> => {
    if (key === null) return null;
    const [faceId] = await orIfGone(gallery.faceIdsByExternalKey(collectionId(), key), []);
    if (faceId === undefined) return null;
    const face = await faceIfThere(gallery, collectionId(), faceId);
    return face && { name: face.metadata.name ?? null };
  };

  async function erase(faceId: string, reason?: ErasureReason): Promise<Record<string, never>> {
    await gallery.getFace(collectionId(), faceId);
    try {
      await keepReceipt(dataDir, await serve(({ gallery: serving }) => serving.erase({ faceId }, reason)));
    } finally {
      // Gone also when the file could not be cleaned yet.
      await screens.announce();
    }
    return {};
  }

  return {
    'people.list': (query) =>
      serve(async (serving) => {
        const page = await orIfGone(gallery.listFaces(collectionId(), query), { faces: [], total: 0 });
        const shown = await Promise.all(page.faces.map((face) => ifThere(show(serving, face))));
        return { ...page, faces: shown.filter((face) => face !== null) };
      }),

    'people.enrol': async ({ metadata, externalKey, images, source, allowDuplicate, consented }) => {
      const consent = consentNow(settings.current, consented === null ? null : 'tick', consented);
      await gallery.ensureCollection(collectionId());
      const result = await serve(async (serving) => {
        const { references, ...rest } = await lookAt(serving, images, source);
        if (references.length === 0) return { face: null, suspectedDuplicates: [], ...rest };
        const person = { references, externalKey, metadata: { ...metadata, ...(consent && { consent }) } };
        const { enrol } = ENROLMENT_RULES.screen[source];
        const enrolled = await enrol(serving.gallery, collectionId(), person, allowDuplicate);
        return {
          face: enrolled.face && (await show(serving, enrolled.face)),
          suspectedDuplicates: enrolled.suspectedDuplicates.map((suspect) => ({
            ...suspect,
            hasGroups: hasGroups(suspect.metadata),
          })),
          ...rest,
        };
      });
      if (result.face) await screens.announce();
      return result;
    },

    'people.read-list': async ({ list }) => {
      const { rows, bad } = readList(list);
      return {
        rows: await Promise.all(
          rows.map(async (row) => ({ ...row, known: await holderOf(row.person.externalKey) })),
        ),
        bad,
      };
    },

    'people.import': async ({ person, images, consented, isPreview }) => {
      if (person.access !== null) await requireAdministrator();
      const way = consented === null ? null : 'signature';
      const consent = isPreview ? null : consentNow(settings.current, way, consented);
      if (!isPreview) await gallery.ensureCollection(collectionId());
      const { keepImages } = settings.current;
      const imported = await serve<Imported | Previewed>((serving) =>
        isPreview
          ? previewPerson(serving, collectionId(), person, images, [])
          : importPerson(
              { ...serving, setModel, keepImages },
              collectionId(),
              { ...person, consent },
              images,
            ),
      );
      if (imported.outcome === 'enrolled') await screens.announce();
      const [alike] = imported.outcome === 'held' ? imported.suspectedDuplicates : [];
      return {
        outcome: imported.outcome,
        rejected: imported.rejected,
        alike: alike ? (alike.metadata.name ?? alike.externalKey) : null,
      };
    },

    'people.check-pictures': ({ images, source, faceId }) =>
      serve(async (serving) => {
        const { rejected } = await lookAt(serving, images, source, faceId ?? undefined);
        return { rejected };
      }),

    'people.try': ({ image }) =>
      serve((serving) =>
        tryPicture(
          judgeOf(serving, settings, async () => null),
          image,
        ),
      ),

    'people.add-pictures': async ({ faceId, images, source }) => {
      // One picture like theirs admits all, so one made of two faces would let a second person pass as them.
      await requireMayLetPassAs(faceId);
      return await serve(async (serving) => {
        const { references, ...rest } = await lookAt(serving, images, source, faceId);
        if (references.length === 0) return { face: null, ...rest };
        const face = await addReferences(serving.gallery, collectionId(), faceId, references);
        return { face: await show(serving, face), ...rest };
      });
    },

    'people.edit': async ({ faceId, consented, ...corrections }) => {
      const consent = consented === undefined ? null : consentNow(settings.current, 'tick', consented);
      return await serve(async (serving) =>
        show(
          serving,
          await correctPerson(serving.gallery, collectionId(), faceId, { ...corrections, consent }),
        ),
      );
    },

    'people.pictures': ({ faceId }) =>
      serve(async (serving) => ({ pictures: await serving.gallery.pictures(collectionId(), faceId) })),

    'people.forget-automatic': ({ faceId }) =>
      serve(async (serving) => show(serving, await serving.gallery.unlearn(collectionId(), faceId))),

    'people.give-code': async ({ faceId }) => {
      // Whoever reads the code can pass as them.
      await requireMayLetPassAs(faceId);
      return { code: await codes.give(collectionId(), faceId) };
    },

    'people.withdraw': ({ faceId }) => erase(faceId, 'consent-withdrawn'),

    'people.remove': ({ faceId }) => erase(faceId),

    'collections.list': async () => ({ collections: await gallery.listCollections() }),
  };
}

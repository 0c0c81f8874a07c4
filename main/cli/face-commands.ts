import { join } from 'node:path';
import { expectedMissRate, LintelError, oneLine, type Face } from '#contract';
import { addReferences, correctPerson, ENROLMENT_RULES, likenessTo, referencesFrom } from '#core/enrolment';
import type { Gallery } from '#core/gallery';
import { openSettings } from '../settings/index.ts';
import {
  metadataWith,
  missAdvice,
  picturesUsed,
  withEngine,
  withServing,
  type Answer,
  type InCollection,
} from './commands.ts';
import { faceIdNamed, withKey } from './face-named.ts';
import { accessNamed, describedAccess, type AccessChange } from './person-access.ts';
import { readPictures, refusedOf } from './pictures.ts';
import { table } from './table.ts';

/** Names one face of a collection: by its id, or by an external key that no other face has. */
export interface OneFace extends InCollection {
  readonly face?: string;
  readonly key?: string;
}

/** @param options search: words of a name or of an external key, in any order and any spelling of their letters */
export async function faces(options: InCollection & { search?: string }): Promise<Answer> {
  const { collection, search = '' } = options;
  return await withEngine(options, async ({ gallery }) => {
    const { faces: found, total } = await gallery.listFaces(collection, { query: search });
    return {
      json: { faces: found, total },
      text: table(
        ['Face', 'Key', 'Name', 'To do'],
        found.map(({ faceId, externalKey, metadata, reEnrol }) => [
          faceId,
          externalKey,
          metadata.name ?? null,
          reEnrol ? 're-enrol' : null,
        ]),
        search === '' ? 'There are no faces.' : 'No face was found.',
      ),
    };
  });
}

/** What is known of a face, without its pictures and templates: `export` gives those. */
export async function showFace(options: OneFace): Promise<Answer> {
  return await withServing(options, async ({ gallery }) => {
    const face = await faceNamed(gallery, options);
    const differing = await gallery.differing(options.collection, face.faceId);
    const text = [described(face), ...missAdvice(differing)].join('\n');
    return { json: { face, expectedMissRate: expectedMissRate(differing) }, text };
  });
}

/**
 * Add pictures of a person, then correct their key, then their name and access: the first that is refused ends the command.
 * @param options name, newKey: in place of the former; an empty word removes it
 * @throws LintelError `different-person` when the pictures show another person, `too-many-references`,
 *   `external-key-in-use`, `face-not-found`
 */
export async function editFace(
  images: readonly string[],
  options: OneFace & AccessChange & { name?: string; newKey?: string; camera?: string },
): Promise<Answer> {
  const { collection, name, newKey, camera } = options;
  const isPictured = images.length > 0 || camera !== undefined;
  // Refused before pictures are looked at.
  const access = accessNamed(options);
  if (name === undefined && newKey === undefined && !isPictured && access === null) {
    throw new LintelError(
      'usage',
      'Say what to change: --name, --new-key, --groups, --valid-from, --valid-until, or pictures to add.',
    );
  }
  const metadata = metadataWith(name === '' ? undefined : name);
  const pictures = isPictured ? await readPictures(images, options) : [];
  const { keepImages } = (await openSettings(join(options.data, 'settings.json'))).current;
  return await withServing(options, async (serving, { setModel }) => {
    const { gallery } = serving;
    const { faceId } = await faceNamed(gallery, options);
    const { references, rejected, withOthers } = await referencesFrom(
      { ...serving, setModel, keepImages, likeness: likenessTo(gallery, collection, faceId) },
      pictures.map(({ bytes }) => bytes),
      ENROLMENT_RULES.commandLine[camera === undefined ? 'file' : 'camera'],
    );
    if (references.length > 0) await addReferences(gallery, collection, faceId, references);
    const face = await withKey(gallery, collection, newKey, () =>
      correctPerson(gallery, collection, faceId, {
        ...(newKey !== undefined && { externalKey: newKey === '' ? null : newKey }),
        ...(name !== undefined && { name: metadata.name ?? null }),
        access,
      }),
    );
    const refused = refusedOf(rejected, pictures);
    const others = withOthers.map(({ index, count }) => ({ image: pictures[index]!.label, count }));
    const differing = await gallery.differing(collection, faceId);
    return {
      json: { face, expectedMissRate: expectedMissRate(differing), rejected: refused, withOthers: others },
      text: [described(face), ...missAdvice(differing), ...picturesUsed(others, refused)].join('\n'),
    };
  });
}

export async function deleteFace(options: OneFace): Promise<Answer> {
  return await withEngine(options, async ({ gallery }) => {
    // Asked to delete what is not there, an id is answered like the API does; a key that no face has is a mistake.
    const faceId = options.face ?? (await faceNamed(gallery, options)).faceId;
    const deleted = await gallery.deleteFace(options.collection, faceId);
    return {
      json: { deleted, faceId },
      text: deleted ? `Deleted ${faceId}.` : 'There is no such face (any more).',
    };
  });
}

/** Remove the references that the appliance added to a face by itself. */
export async function unlearn(options: OneFace): Promise<Answer> {
  return await withServing(options, async ({ gallery }) => {
    const { faceId } = await faceNamed(gallery, options);
    const face = await gallery.unlearn(options.collection, faceId);
    return {
      json: { faceId, referenceCount: face.referenceCount },
      text: `${face.referenceCount} reference(s) remain.`,
    };
  });
}

/** @throws as {@link faceIdNamed} */
async function faceNamed(gallery: Gallery, { collection, ...named }: OneFace): Promise<Face> {
  const faceId = await faceIdNamed(named, (key) => gallery.faceIdsByExternalKey(collection, key));
  return await gallery.getFace(collection, faceId);
}

const described = (face: Face): string =>
  [
    `Face ${face.faceId}`,
    `Name: ${oneLine(face.metadata.name ?? '-')}`,
    `External key: ${oneLine(face.externalKey ?? '-')}`,
    ...(face.metadata.access ? describedAccess(face.metadata.access) : []),
    `References: ${face.referenceCount}`,
    `Enrolled: ${face.createdAt}`,
    ...(face.reEnrol ? ['To be enrolled again: no reference of the model that serves.'] : []),
  ].join('\n');

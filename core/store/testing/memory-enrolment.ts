import { randomBytes } from 'node:crypto';
import {
  DESCRIPTOR_LENGTH,
  DESCRIPTOR_MODEL,
  LintelError,
  MAX_AUTOMATIC_REFERENCES,
  MAX_REFERENCES_PER_FACE,
} from '#contract';
import type { NewReference } from '../records.ts';
import type { MemoryPlace } from './memory-place.ts';
import type { FaceRow } from './memory-rows.ts';

const newUid = (): string => randomBytes(16).toString('hex');

/** @throws `collection-not-found`, `face-erased`, `external-key-in-use` */
export function insertFace(
  place: MemoryPlace,
  account: string,
  collectionId: string,
  { faceId, externalKey, metadata }: Pick<FaceRow, 'faceId' | 'externalKey' | 'metadata'>,
): FaceRow {
  const collection = place.collection(account, collectionId);
  if (place.rows.tombstones.has(`${account} ${faceId}`)) throw new LintelError('face-erased');
  const isTaken = place.facesIn(collection).some((face) => face.externalKey === externalKey);
  if (externalKey !== null && isTaken) throw new LintelError('external-key-in-use');
  const now = new Date().toISOString();
  const id = place.nextId();
  const face: FaceRow = {
    id,
    collection: collection.id,
    faceId,
    externalKey,
    metadata,
    createdAt: now,
    updatedAt: now,
    code: null,
    document: null,
    live: null,
    email: null,
    successes: 0,
    failures: 0,
    lastLogin: null,
    signIns: [],
    uses: new Map(),
  };
  place.rows.faces.set(id, face);
  place.touch(account, `face ${faceId}`);
  return face;
}

/** @throws `too-many-references`, `model-switched`, `template-invalid` */
export function addReferences(
  place: MemoryPlace,
  account: string,
  face: FaceRow,
  added: readonly NewReference[],
  { makeRoom = false, most = MAX_REFERENCES_PER_FACE }: { makeRoom?: boolean; most?: number } = {},
): void {
  const { references, servingModels } = place.rows;
  const createdAt = new Date().toISOString();
  for (const { modelId, template, quality, source, image, descriptor, additional = [] } of added) {
    if (!servingModels.has(account)) servingModels.set(account, modelId);
    if (servingModels.get(account) !== modelId) throw new LintelError('model-switched');
    const id = place.nextId();
    const uid = newUid();
    const made = [{ modelId, template }, ...additional];
    const templates = new Map(
      made.map((each) => [each.modelId, place.kept(account, each.modelId, each.template)]),
    );
    const kept = image === undefined ? null : { bytes: Uint8Array.from(image), createdAt };
    references.set(id, { id, face: face.id, uid, quality, source, createdAt, templates, image: kept });
    if (descriptor !== undefined) addDescriptor(place, face, descriptor, quality, { reference: id, uid });
  }
  const chosen = place.referencesOf(face).filter(({ source }) => source !== 'automatic');
  const surplus = makeRoom ? Math.max(0, Math.min(added.length, chosen.length - most)) : 0;
  place.removeReferences(
    face,
    chosen.slice(0, surplus).map(({ id }) => id),
  );
  letAutomaticMakeRoom(place, face);
}

/** @returns its name */
export function addDescriptor(
  place: MemoryPlace,
  face: FaceRow,
  descriptor: Float32Array,
  quality: number,
  of: { readonly reference: number; readonly uid: string } | null,
): string {
  if (descriptor.length !== DESCRIPTOR_LENGTH) throw new RangeError('A descriptor has 128 numbers.');
  const id = place.nextId();
  const uid = of?.uid ?? newUid();
  const template = place.protection(DESCRIPTOR_MODEL, DESCRIPTOR_LENGTH).protect(descriptor);
  const made = { id, face: face.id, reference: of?.reference ?? null, uid, quality };
  const createdAt = new Date().toISOString();
  place.rows.descriptors.set(id, { ...made, createdAt, modelId: DESCRIPTOR_MODEL, template });
  return uid;
}

function letAutomaticMakeRoom(place: MemoryPlace, face: FaceRow): void {
  const all = place.referencesOf(face);
  const automatic = all.filter(({ source }) => source === 'automatic');
  const over = Math.max(all.length - MAX_REFERENCES_PER_FACE, automatic.length - MAX_AUTOMATIC_REFERENCES, 0);
  if (over > automatic.length) throw new LintelError('too-many-references');
  place.removeReferences(
    face,
    automatic.slice(0, over).map(({ id }) => id),
  );
}

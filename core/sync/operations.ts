import { LintelError, type Actor, type OperationBody, type OperationKind, type Resolution } from '#contract';
import { mergeFaces, removeMerged, removeReferences } from './merge.ts';
import type { Parts } from './parts.ts';
import { requireRight, type Rights, type View } from './rights.ts';
import { edited, notedOver, type ReadTx, type WriteTx } from '#core/store';

export interface HubOptions {
  /** By which the templates of the account travel. */
  readonly secret: Uint8Array;
  /** The server's model: it serves an account that has none yet. */
  readonly modelId: string;
  readonly deviceId: string;
  readonly rights: Rights;
}

type Appliers = {
  readonly [K in OperationKind]: (tx: WriteTx, body: OperationBody<K>, context: Context) => Promise<void>;
};

export interface Context extends HubOptions {
  readonly parts: Parts;
  readonly account: string;
  readonly actor: Actor;
  /** What its sender can know of. */
  readonly view: View;
  /** Let everybody look at this again, the sender too. */
  readonly touch: (kind: 'collection' | 'face', id: string) => Promise<void>;
}

/** What each operation does to what the account holds at the server at that moment. */
const APPLIERS: Appliers = {
  'collection-created': async (tx, { collectionId, description }, { parts, account, actor, touch }) => {
    const { collections, remote } = parts;
    if (!(await collections.has(tx, account, collectionId))) {
      await collections.requireRoom(tx, account, collectionId);
      await remote.createCollection(tx, actor, account, { collectionId, description });
    } else if (description !== null)
      await remote.describeCollection(tx, actor, account, { collectionId, description });
    await touch('collection', collectionId);
  },

  'collection-updated': async (tx, { collectionId, description }, { parts, account, actor, touch }) => {
    if (await parts.collections.has(tx, account, collectionId)) {
      await parts.remote.describeCollection(tx, actor, account, { collectionId, description });
    }
    await touch('collection', collectionId);
  },

  'collection-deleted': async (tx, { collectionId }, { parts, account, actor, touch }) => {
    const { collections, faces, remote } = parts;
    if (
      (await collections.has(tx, account, collectionId)) &&
      (await faces.count(tx, await collections.id(tx, account, collectionId))) === 0
    ) {
      await remote.deleteCollection(tx, actor, account, collectionId);
    }
    await touch('collection', collectionId);
  },

  'face-added': async (tx, { face }, { parts, account, actor, modelId, secret, touch }) => {
    const { collectionId, faceId } = face;
    const { collections, faces, records, remote, tombstones } = parts;
    if (await tombstones.has(tx, account, faceId)) {
      await touch('face', faceId);
      return;
    }
    const place = await faces.place(tx, account, faceId);
    if (place !== null) {
      if (place.collectionId !== collectionId) throw new LintelError('face-exists');
      const offered = await parts.references.notRemoved(tx, place.face, face.references);
      const fitting = await parts.references.fitting(tx, place.face, offered);
      await records.addReferences(tx, account, place.collection, place.face, fitting, modelId, secret);
      if ((await parts.references.makeRoom(tx, place.face)).length > 0)
        await parts.tombstones.requireScrub(tx);
      await parts.collections.changed(tx, place.collection);
    } else {
      await collections.requireRoom(tx, account, collectionId);
      const holder = await externalKeyHolder(tx, parts, account, collectionId, face.externalKey);
      const record = { ...face, externalKey: holder === null ? face.externalKey : null };
      await remote.addFace(tx, actor, account, { record, modelId, secret });
      if (holder !== null)
        await openExternalKeyConflict(tx, parts, account, collectionId, holder, faceId, face.externalKey);
    }
    await parts.dedupe.add(tx, (await faces.place(tx, account, faceId))!.face);
    await touch('face', faceId);
  },

  'references-added': async (
    tx,
    { faceId, references },
    { parts, account, actor, modelId, secret, touch, view },
  ) => {
    const { records, collections, audit, tombstones } = parts;
    const place = await view.find(faceId);
    await touch('face', faceId);
    if (place === null) return;
    const { face, collection, collectionId } = place;
    const offered = await parts.references.notRemoved(tx, face, references);
    const count = await records.addReferences(tx, account, collection, face, offered, modelId, secret);
    const removed = await parts.references.makeRoom(tx, face);
    await collections.changed(tx, collection);
    await parts.dedupe.add(tx, face);
    const entry = { kind: 'references-added', account, collectionId, faceId } as const;
    await audit.append(tx, actor, { ...entry, references: count });
    if (removed.length > 0) await tombstones.requireScrub(tx);
    await touch('face', faceId);
  },

  'references-removed': async (tx, { faceId, uids }, context) => {
    const place = await context.view.find(faceId);
    if (place === null) await removeMerged(tx, faceId, uids, context);
    else await removeReferences(tx, { ...place, faceId }, uids, context);
    await context.touch('face', faceId);
  },

  'metadata-set': async (tx, { faceId, metadata, edit }, { parts, account, actor, touch, view }) => {
    const place = await view.find(faceId);
    if (place !== null) {
      const { face, collection, collectionId } = place;
      const before = (await parts.faces.get(tx, collection, faceId)).metadata;
      const noted = edit === undefined ? notedOver(before, metadata) : edited(before, edit);
      await parts.faces.setMetadata(tx, face, noted, new Date().toISOString());
      await parts.audit.append(tx, actor, { kind: 'face-updated', account, collectionId, faceId });
      await parts.tombstones.requireScrub(tx);
    }
    await touch('face', faceId);
  },

  'external-key-set': async (
    tx,
    { faceId, externalKey, allowDuplicates },
    { parts, account, actor, touch, view },
  ) => {
    const place = await view.find(faceId);
    if (place !== null) {
      const { collectionId } = place;
      const holder = await externalKeyHolder(tx, parts, account, collectionId, externalKey, faceId);
      if (holder === null || allowDuplicates) {
        await parts.externalKeys.set(tx, actor, account, collectionId, faceId, externalKey, true);
      } else await openExternalKeyConflict(tx, parts, account, collectionId, holder, faceId, externalKey);
    }
    await touch('face', faceId);
  },

  'external-key-removed': async (tx, { faceId, externalKey }, { parts, account, actor, touch, view }) => {
    const place = await view.find(faceId);
    if (place !== null)
      await parts.externalKeys.remove(tx, actor, account, place.collectionId, externalKey, faceId);
    await touch('face', faceId);
  },

  'faces-deleted': async (tx, { collectionId, faceIds }, context) => {
    const { parts, account, actor, deviceId, touch, view } = context;
    const { changes, faces, remote, tombstones, unknownDeletions } = parts;
    const known: string[] = [];
    const unknown: string[] = [];
    for (const faceId of faceIds) {
      const isHere = (await faces.place(tx, account, faceId)) !== null;
      if (!isHere && !(await tombstones.has(tx, account, faceId))) unknown.push(faceId);
      if ((await view.find(faceId)) !== null) known.push(faceId);
      await removeMerged(tx, faceId, null, context);
    }
    await remote.deleteFaces(tx, actor, account, known);
    if (unknown.length > 0) {
      await unknownDeletions.add(tx, account, deviceId, unknown.length);
      await remote.forbid(tx, actor, account, collectionId, unknown);
      await changes.withhold(tx, account, unknown);
    }
    const told = new Set(unknown);
    for (const faceId of faceIds) if (!told.has(faceId)) await touch('face', faceId);
  },

  'conflict-resolved': async (tx, { conflictId, resolution }, context) => {
    const conflict = await context.parts.conflicts.get(tx, context.account, conflictId);
    if (conflict !== null && context.view.isInScope(conflict.collectionId)) {
      await resolveConflict(tx, conflictId, resolution, context);
    }
  },

  void: async () => {},
};

/** Apply an operation, as far as its sender may. @throws `not-permitted`, and why it is refused */
export async function applyOperation<K extends OperationKind>(
  tx: WriteTx,
  kind: K,
  body: OperationBody<K>,
  context: Context,
): Promise<void> {
  requireRight(kind, context.rights, collectionOf(body));
  await APPLIERS[kind](tx, body, context);
}

/** The collection that an operation is said to concern, or null. */
function collectionOf(body: OperationBody<OperationKind>): string | null {
  if ('face' in body) return body.face.collectionId;
  return 'collectionId' in body ? body.collectionId : null;
}

/** Who holds a key other than a face, or null. */
async function externalKeyHolder(
  tx: ReadTx,
  { collections, faces }: Parts,
  account: string,
  collectionId: string,
  externalKey: string | null,
  faceId?: string,
): Promise<string | null> {
  if (externalKey === null || !(await collections.has(tx, account, collectionId))) return null;
  const holders = await faces.withExternalKey(
    tx,
    await collections.id(tx, account, collectionId),
    externalKey,
  );
  return holders.find((holder) => holder !== faceId) ?? null;
}

async function openExternalKeyConflict(
  tx: WriteTx,
  { conflicts }: Parts,
  account: string,
  collectionId: string,
  firstFaceId: string,
  secondFaceId: string,
  externalKey: string | null,
): Promise<void> {
  const kind = 'external-key' as const;
  await conflicts.open(tx, account, {
    kind,
    collectionId,
    firstFaceId,
    secondFaceId,
    externalKey,
    confidence: null,
  });
}

/** Decided already, perhaps by another operator: nothing more to do. */
export async function resolveConflict(
  tx: WriteTx,
  conflictId: string,
  resolution: Resolution,
  { parts, account, actor, touch }: Pick<Context, 'parts' | 'account' | 'actor' | 'touch'>,
): Promise<void> {
  const { conflicts, externalKeys, audit } = parts;
  const conflict = await conflicts.get(tx, account, conflictId);
  if (conflict === null) return;
  const { kind, collectionId, firstFaceId, secondFaceId, externalKey } = conflict;
  await conflicts.end(tx, account, conflictId);
  await audit.append(tx, actor, { kind: 'conflict-resolved', account, collectionId, conflictId, resolution });
  if (resolution === 'same-person')
    await mergeFaces(tx, { parts, account, actor }, { into: firstFaceId, from: secondFaceId });
  else if (kind === 'suspected-duplicate') await markDistinct(tx, parts, account, firstFaceId, secondFaceId);
  else if (externalKey !== null && resolution !== 'keep-first') {
    if (resolution === 'keep-second')
      await externalKeys.remove(tx, actor, account, collectionId, externalKey, firstFaceId);
    await externalKeys.set(tx, actor, account, collectionId, secondFaceId, externalKey, true);
  }
  await touch('face', firstFaceId);
  await touch('face', secondFaceId);
}

/** Not to be asked about again. */
async function markDistinct(
  tx: WriteTx,
  { faces, dedupe }: Parts,
  account: string,
  one: string,
  other: string,
): Promise<void> {
  const first = await faces.place(tx, account, one);
  const second = await faces.place(tx, account, other);
  if (first !== null && second !== null) await dedupe.markDistinct(tx, first.face, second.face);
}

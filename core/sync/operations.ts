import { LintelError, type Actor, type OperationBody, type OperationKind, type Resolution } from '#contract';
import type { Parts } from './parts.ts';
import { requireRight, type Rights, type View } from './rights.ts';
import type { ReadTx, WriteTx } from '#core/store';

export interface HubOptions {
  /** By which the templates of the account travel. */
  readonly secret: Uint8Array;
  /** The server's model: it serves an account that has none yet. */
  readonly modelId: string;
  readonly deviceId: string;
  readonly rights: Rights;
}

type Appliers = {
  readonly [K in OperationKind]: (tx: WriteTx, body: OperationBody<K>, context: Context) => void;
};

export interface Context extends HubOptions {
  readonly parts: Parts;
  readonly account: string;
  readonly actor: Actor;
  /** What its sender can know of. */
  readonly view: View;
  /** Let everybody look at this again, the sender too. */
  readonly touch: (kind: 'collection' | 'face', id: string) => void;
}

/** What each operation does to what the account holds at the server at that moment. */
const APPLIERS: Appliers = {
  'collection-created': (tx, { collectionId, description }, { parts, account, actor, touch }) => {
    const { collections, remote } = parts;
    if (!collections.has(tx, account, collectionId)) {
      remote.createCollection(tx, actor, account, collectionId, description);
    } else if (description !== null) remote.describeCollection(tx, actor, account, collectionId, description);
    touch('collection', collectionId);
  },

  'collection-updated': (tx, { collectionId, description }, { parts, account, actor, touch }) => {
    if (parts.collections.has(tx, account, collectionId)) {
      parts.remote.describeCollection(tx, actor, account, collectionId, description);
    }
    touch('collection', collectionId);
  },

  'collection-deleted': (tx, { collectionId }, { parts, account, actor, touch }) => {
    const { collections, faces, remote } = parts;
    if (
      collections.has(tx, account, collectionId) &&
      faces.count(tx, collections.id(tx, account, collectionId)) === 0
    ) {
      remote.deleteCollection(tx, actor, account, collectionId);
    }
    touch('collection', collectionId);
  },

  'face-added': (tx, { face }, { parts, account, actor, modelId, secret, touch }) => {
    const { collectionId, faceId } = face;
    const { faces, records, remote, tombstones } = parts;
    if (tombstones.has(tx, account, faceId)) {
      touch('face', faceId);
      return;
    }
    const place = faces.place(tx, account, faceId);
    if (place !== null) {
      if (place.collectionId !== collectionId) throw new LintelError('face-exists');
      const fitting = parts.references.fitting(tx, place.face, face.references);
      records.addReferences(tx, account, place.collection, place.face, fitting, modelId, secret);
      if (parts.references.makeRoom(tx, place.face).length > 0) parts.tombstones.requireScrub(tx);
      parts.collections.changed(tx, place.collection);
    } else {
      const holder = externalKeyHolder(tx, parts, account, collectionId, face.externalKey);
      const externalKey = holder === null ? face.externalKey : null;
      remote.addFace(tx, actor, account, { ...face, externalKey }, modelId, secret);
      if (holder !== null)
        openExternalKeyConflict(tx, parts, account, collectionId, holder, faceId, face.externalKey);
    }
    parts.dedupe.add(tx, faces.place(tx, account, faceId)!.face);
    touch('face', faceId);
  },

  'references-added': (
    tx,
    { faceId, references },
    { parts, account, actor, modelId, secret, touch, view },
  ) => {
    const { records, collections, audit, tombstones } = parts;
    const place = view.find(faceId);
    touch('face', faceId);
    if (place === null) return;
    const { face, collection, collectionId } = place;
    const count = records.addReferences(tx, account, collection, face, references, modelId, secret);
    const removed = parts.references.makeRoom(tx, face);
    collections.changed(tx, collection);
    parts.dedupe.add(tx, face);
    const entry = { kind: 'references-added', account, collectionId, faceId } as const;
    audit.append(tx, actor, { ...entry, references: count });
    if (removed.length > 0) tombstones.requireScrub(tx);
    touch('face', faceId);
  },

  'references-removed': (tx, { faceId, uids }, { parts, account, actor, touch, view }) => {
    const { references, collections, audit, tombstones } = parts;
    const place = view.find(faceId);
    if (place !== null) {
      const { face, collection, collectionId } = place;
      const count = references.remove(tx, face, uids);
      collections.changed(tx, collection);
      const entry = { kind: 'references-removed', account, collectionId, faceId } as const;
      if (count > 0) {
        audit.append(tx, actor, { ...entry, references: count });
        tombstones.requireScrub(tx);
      }
    }
    touch('face', faceId);
  },

  'metadata-set': (tx, { faceId, metadata }, { parts, account, actor, touch, view }) => {
    const place = view.find(faceId);
    if (place !== null) {
      parts.faces.setMetadata(tx, place.face, metadata, new Date().toISOString());
      const { collectionId } = place;
      parts.audit.append(tx, actor, { kind: 'face-updated', account, collectionId, faceId });
      parts.tombstones.requireScrub(tx);
    }
    touch('face', faceId);
  },

  'external-key-set': (
    tx,
    { faceId, externalKey, allowDuplicates },
    { parts, account, actor, touch, view },
  ) => {
    const place = view.find(faceId);
    if (place !== null) {
      const { collectionId } = place;
      const holder = externalKeyHolder(tx, parts, account, collectionId, externalKey, faceId);
      if (holder === null || allowDuplicates) {
        parts.externalKeys.set(tx, actor, account, collectionId, faceId, externalKey, true);
      } else openExternalKeyConflict(tx, parts, account, collectionId, holder, faceId, externalKey);
    }
    touch('face', faceId);
  },

  'external-key-removed': (tx, { faceId, externalKey }, { parts, account, actor, touch, view }) => {
    const place = view.find(faceId);
    if (place !== null)
      parts.externalKeys.remove(tx, actor, account, place.collectionId, externalKey, faceId);
    touch('face', faceId);
  },

  'faces-deleted': (tx, { collectionId, faceIds }, { parts, account, actor, deviceId, touch, view }) => {
    const { changes, faces, remote, tombstones, unknownDeletions } = parts;
    const isHere = (faceId: string): boolean => faces.place(tx, account, faceId) !== null;
    const unknown = faceIds.filter((faceId) => !isHere(faceId) && !tombstones.has(tx, account, faceId));
    remote.deleteFaces(
      tx,
      actor,
      account,
      faceIds.filter((faceId) => view.find(faceId) !== null),
    );
    if (unknown.length > 0) {
      unknownDeletions.add(tx, account, deviceId, unknown.length);
      remote.forbid(tx, actor, account, collectionId, unknown);
      changes.withhold(tx, account, unknown);
    }
    const told = new Set(unknown);
    for (const faceId of faceIds) if (!told.has(faceId)) touch('face', faceId);
  },

  'conflict-resolved': (tx, { conflictId, resolution }, context) => {
    const conflict = context.parts.conflicts.get(tx, context.account, conflictId);
    if (conflict !== null && context.view.isInScope(conflict.collectionId)) {
      resolveConflict(tx, conflictId, resolution, context);
    }
  },

  void: () => {},
};

/** Apply an operation, as far as its sender may. @throws `not-permitted`, and why it is refused */
export function applyOperation<K extends OperationKind>(
  tx: WriteTx,
  kind: K,
  body: OperationBody<K>,
  context: Context,
): void {
  requireRight(kind, context.rights, collectionOf(body));
  APPLIERS[kind](tx, body, context);
}

/** The collection that an operation is said to concern, or null. */
function collectionOf(body: OperationBody<OperationKind>): string | null {
  if ('face' in body) return body.face.collectionId;
  return 'collectionId' in body ? body.collectionId : null;
}

/** Who holds a key other than a face, or null. */
function externalKeyHolder(
  tx: ReadTx,
  { collections, faces }: Parts,
  account: string,
  collectionId: string,
  externalKey: string | null,
  faceId?: string,
): string | null {
  if (externalKey === null || !collections.has(tx, account, collectionId)) return null;
  const holders = faces.withExternalKey(tx, collections.id(tx, account, collectionId), externalKey);
  return holders.find((holder) => holder !== faceId) ?? null;
}

function openExternalKeyConflict(
  tx: WriteTx,
  { conflicts }: Parts,
  account: string,
  collectionId: string,
  firstFaceId: string,
  secondFaceId: string,
  externalKey: string | null,
): void {
  const kind = 'external-key' as const;
  conflicts.open(tx, account, {
    kind,
    collectionId,
    firstFaceId,
    secondFaceId,
    externalKey,
    confidence: null,
  });
}

/** Decided already, perhaps by another operator: nothing more to do. */
export function resolveConflict(
  tx: WriteTx,
  conflictId: string,
  resolution: Resolution,
  { parts, account, actor, touch }: Pick<Context, 'parts' | 'account' | 'actor' | 'touch'>,
): void {
  const { conflicts, externalKeys, audit } = parts;
  const conflict = conflicts.get(tx, account, conflictId);
  if (conflict === null) return;
  const { kind, collectionId, firstFaceId, secondFaceId, externalKey } = conflict;
  conflicts.end(tx, account, conflictId);
  audit.append(tx, actor, { kind: 'conflict-resolved', account, collectionId, conflictId, resolution });
  if (resolution === 'same-person') mergeFaces(tx, parts, account, actor, firstFaceId, secondFaceId);
  else if (kind === 'suspected-duplicate') markDistinct(tx, parts, account, firstFaceId, secondFaceId);
  else if (externalKey !== null && resolution !== 'keep-first') {
    if (resolution === 'keep-second')
      externalKeys.remove(tx, actor, account, collectionId, externalKey, firstFaceId);
    externalKeys.set(tx, actor, account, collectionId, secondFaceId, externalKey, true);
  }
  touch('face', firstFaceId);
  touch('face', secondFaceId);
}

/** Not to be asked about again. */
function markDistinct(
  tx: WriteTx,
  { faces, dedupe }: Parts,
  account: string,
  one: string,
  other: string,
): void {
  const places = [one, other].map((faceId) => faces.place(tx, account, faceId));
  if (places[0] && places[1]) dedupe.markDistinct(tx, places[0].face, places[1].face);
}

/** One person enrolled twice becomes one face, the first, with the references of both as far as there is room. */
function mergeFaces(
  tx: WriteTx,
  parts: Parts,
  account: string,
  actor: Actor,
  into: string,
  from: string,
): void {
  const { records, references, faces, collections, externalKeys, remote } = parts;
  const first = faces.place(tx, account, into);
  const second = faces.place(tx, account, from);
  if (first === null || second === null) return;
  // They travel within this process: any secret will do.
  const secret = Buffer.alloc(32);
  const moved = records.readReferences(tx, account, second.face, { secret, images: 'all' });
  const { externalKey, metadata } = faces.get(tx, second.collection, from);
  const before = faces.get(tx, first.collection, into);
  const modelId = parts.models.get(tx, account)!;
  remote.deleteFaces(tx, actor, account, [from]);
  const room = references.room(tx, first.face);
  const best = moved
    .filter(({ source }) => source !== 'automatic')
    .toSorted((a, b) => b.quality - a.quality)
    .slice(0, room);
  records.addReferences(tx, account, first.collection, first.face, best, modelId, secret);
  if (before.externalKey === null && externalKey !== null) {
    externalKeys.set(tx, actor, account, first.collectionId, into, externalKey, true);
  }
  if (before.metadata.name === undefined && metadata.name !== undefined) {
    faces.setMetadata(tx, first.face, { ...before.metadata, name: metadata.name }, new Date().toISOString());
  }
  collections.changed(tx, first.collection);
}

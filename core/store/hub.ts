import { z } from 'zod';
import {
  CollectionId,
  ERRORS,
  FaceId,
  LintelError,
  OPERATIONS,
  toErrorBody,
  type Actor,
  type Changes as ChangesMessage,
  type Conflict,
  type ErrorCode,
  type Operation,
  type OperationBody,
  type OperationKind,
  type Pull,
  type Push,
  type Pushed,
  type Resolution,
} from '#contract';
import type { Parts } from './parts.ts';
import { refusals } from './refusals.ts';
import { asLintelError } from './sqlite-errors.ts';

/** What the server does with a device's operations; each is applied to what the account holds at that moment. */
export interface HubOptions {
  /** By which the templates of the account travel. */
  readonly secret: Uint8Array;
  /** The server's model: it serves an account that has none yet. */
  readonly modelId: string;
  readonly deviceId: string;
}

type Appliers = {
  readonly [K in OperationKind]: (body: OperationBody<K>, context: Context) => void;
};

interface Context extends HubOptions {
  readonly parts: Parts;
  readonly account: string;
  readonly actor: Actor;
  /** Let everybody look at this again, the sender too. */
  readonly touch: (kind: 'collection' | 'face', id: string) => void;
}

/** The server's side of synchronisation: applies operations once, in the order of each replica, and tells what changed. */
export class Hub {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /**
   * Apply what was not applied before, in one transaction. What is refused is refused for good and does not hold up
   * what follows.
   */
  push(account: string, { replicaId, operations }: Push, options: HubOptions): Promise<Pushed> {
    return this.#parts.sql.write(() => {
      const { changes } = this.#parts;
      const replicas = refusals(this.#parts.sql, account, replicaId);
      let applied = replicas.begin(options.deviceId);
      const context = { ...options, parts: this.#parts, account, actor: `device:${options.deviceId}` };
      const touch: Context['touch'] = (kind, id) => changes.touch(account, kind, id, replicaId);
      for (const operation of operations) {
        if (operation.number <= applied) continue;
        // One is missing between: the sender starts again from there.
        if (operation.number > applied + 1) break;
        const code = this.#try(operation, { ...context, touch });
        if (code !== null) {
          replicas.refuse(operation.number, code);
          showAgain(operation, touch);
        }
        applied = operation.number;
      }
      replicas.applied(applied);
      const first = operations[0]?.number ?? 1;
      return { feedId: changes.feedId, applied, refused: replicas.from(first) };
    });
  }

  /** What changed in an account, at most so much of it; all of one moment. @throws `store-corrupt` */
  pull(account: string, query: Pull, { secret }: HubOptions, carried: readonly string[] | null) {
    return this.#parts.sql.read((): ChangesMessage => {
      const { changes, collections, conflicts, records } = this.#parts;
      const { cursor, limit, bytes, modelId, wanted, replicaId } = query;
      const isCarried = (collectionId: string) => carried === null || carried.includes(collectionId);
      const answer: ChangesMessage = {
        feedId: changes.feedId,
        cursor,
        more: false,
        behind: cursor > 0 && cursor < changes.horizon(account),
        collections: [],
        faces: [],
        own: [],
        goneFaces: [],
        conflicts: [],
        goneConflicts: [],
      };
      if (answer.behind) return answer;
      for (const collectionId of changes.collectionsAfter(account, cursor).filter(isCarried)) {
        const gone = !collections.has(account, collectionId);
        const description = gone ? null : collections.get(account, collectionId).description;
        answer.collections.push({ collectionId, description, gone });
      }
      let size = 0;
      const sendFace = (faceId: string) => {
        // Who has no template of its own model makes one from the image.
        const face = records.read(account, faceId, { secret, modelId, withImages: false });
        if (face === null) answer.goneFaces.push(faceId);
        else if (isCarried(face.collectionId)) {
          for (const reference of face.references) {
            if (reference.templates.length === 0) {
              const place = records.find(account, faceId)!;
              const options = { secret, modelId, withImages: true };
              const [whole] = records.readReferences(account, place.face, options, [reference.uid]);
              reference.image = whole?.image ?? null;
            }
            size += (reference.image?.length ?? 0) + 200;
            for (const { template } of reference.templates) size += template.length;
          }
          answer.faces.push(face);
        }
      };
      wanted.forEach(sendFace);
      const after = changes.after(account, cursor, limit);
      answer.more = after.length === limit;
      for (const { seq, kind, id, origin } of after) {
        if (size > bytes) {
          answer.more = true;
          break;
        }
        if (kind === 'face') {
          const digest = origin === replicaId ? records.digest(account, id, modelId) : null;
          if (digest === null) sendFace(id);
          else answer.own.push({ faceId: id, digest });
        } else if (kind === 'conflict') {
          const conflict = conflicts.get(account, id);
          if (conflict === null) answer.goneConflicts.push(id);
          else answer.conflicts.push(conflict);
        }
        answer.cursor = seq;
      }
      return answer;
    });
  }

  /** See `Replica.sharedHash`. */
  sharedHash(account: string, modelId: string): Promise<string> {
    return this.#parts.sql.read(() => this.#parts.records.sharedHash(account, modelId));
  }

  /** What an operator has to decide. */
  conflicts(account: string): Promise<Conflict[]> {
    return this.#parts.sql.read(() => this.#parts.conflicts.list(account));
  }

  /** @throws `conflict-not-found` */
  resolve(account: string, conflictId: string, resolution: Resolution, actor: Actor): Promise<void> {
    return this.#parts.sql.write(() => {
      const parts = this.#parts;
      if (parts.conflicts.get(account, conflictId) === null) throw new LintelError('conflict-not-found');
      resolveConflict(conflictId, resolution, {
        parts,
        account,
        actor,
        touch: (kind, id) => parts.changes.touch(account, kind, id, null),
      });
    });
  }

  /** Report two faces that look like one person. */
  suspectDuplicate(
    account: string,
    collectionId: string,
    [firstFaceId, secondFaceId]: readonly [string, string],
    confidence: number,
  ): Promise<void> {
    return this.#parts.sql.write(() => {
      const { conflicts, faces } = this.#parts;
      // Deleted meanwhile.
      const there = [firstFaceId, secondFaceId].every((faceId) => faces.find(account, { faceId }).length > 0);
      if (!there) return;
      const kind = 'suspected-duplicate' as const;
      conflicts.open(account, {
        kind,
        collectionId,
        firstFaceId,
        secondFaceId,
        externalKey: null,
        confidence,
      });
    });
  }

  /** This store was set back to an earlier state: whoever keeps in step with it has to begin anew. */
  renewFeed(): Promise<void> {
    return this.#parts.sql.write(() => this.#parts.changes.renewFeed());
  }

  /** Leave out deletions that were made before a moment. @returns how many */
  trim(account: string, before: Date): Promise<number> {
    return this.#parts.sql.write(() => this.#parts.changes.trim(account, before.toISOString()));
  }

  /** @returns why it is refused, or null */
  #try({ kind, body }: Operation, context: Context): ErrorCode | null {
    if (!Object.hasOwn(OPERATIONS, kind)) return 'operation-unknown';
    const known = kind as OperationKind;
    const parsed = OPERATIONS[known].safeParse(body);
    if (!parsed.success) return 'usage';
    try {
      // Undone by itself when it is refused half-way.
      this.#parts.database.transaction(() => {
        const apply = APPLIERS[known] as (body: unknown, context: Context) => void;
        apply(parsed.data, context);
      })();
      return null;
    } catch (error) {
      const { code } = toErrorBody(asLintelError(error));
      // What is wrong with the machine may be over the next time; then everything is sent again.
      if (ERRORS[code].kind === 'fault' && code !== 'internal') throw error;
      return code;
    }
  }
}

/** The sender has done what was refused: it is to see that the server has not. Of a refused enrolment it keeps its own. */
function showAgain({ kind, body }: Operation, touch: Context['touch']): void {
  const { success, data } = Place.safeParse(body);
  if (!success || kind === 'face-added') return;
  if (data.faceId !== undefined) touch('face', data.faceId);
  else if (data.collectionId !== undefined) touch('collection', data.collectionId);
}

const Place = z.object({ collectionId: CollectionId.optional(), faceId: FaceId.optional() });

const APPLIERS: Appliers = {
  'collection-created': ({ collectionId, description }, { parts, account, actor, touch }) => {
    const { collections, remote } = parts;
    if (!collections.has(account, collectionId)) {
      remote.createCollection(actor, account, collectionId, description);
    } else if (description !== null) remote.describeCollection(actor, account, collectionId, description);
    touch('collection', collectionId);
  },

  'collection-updated': ({ collectionId, description }, { parts, account, actor, touch }) => {
    if (parts.collections.has(account, collectionId)) {
      parts.remote.describeCollection(actor, account, collectionId, description);
    }
    touch('collection', collectionId);
  },

  'collection-deleted': ({ collectionId }, { parts, account, actor, touch }) => {
    const { collections, faces, remote } = parts;
    if (collections.has(account, collectionId) && faces.count(collections.id(account, collectionId)) === 0) {
      remote.deleteCollection(actor, account, collectionId);
    }
    touch('collection', collectionId);
  },

  'face-added': ({ face }, { parts, account, actor, modelId, secret, touch }) => {
    const { collectionId, faceId } = face;
    const { records, remote, tombstones } = parts;
    if (tombstones.has(account, faceId)) {
      touch('face', faceId);
      return;
    }
    const place = records.find(account, faceId);
    if (place !== null) {
      if (place.collectionId !== collectionId) throw new LintelError('face-exists');
      records.addReferences(account, place.collection, place.face, face.references, modelId, secret);
    } else {
      const holder = keyHolder(parts, account, collectionId, face.externalKey);
      const externalKey = holder === null ? face.externalKey : null;
      remote.addFace(actor, account, { ...face, externalKey }, modelId, secret);
      if (holder !== null) openKeyConflict(parts, account, collectionId, holder, faceId, face.externalKey);
    }
    touch('face', faceId);
  },

  'references-added': ({ faceId, references }, { parts, account, actor, modelId, secret, touch }) => {
    const { records, collections, audit, tombstones } = parts;
    const place = records.find(account, faceId);
    touch('face', faceId);
    if (place === null) return;
    const { face, collection, collectionId } = place;
    const count = records.addReferences(account, collection, face, references, modelId, secret);
    const removed = parts.references.makeRoom(face);
    collections.changed(collection);
    const entry = { kind: 'references-added', account, collectionId, faceId } as const;
    audit.append(actor, { ...entry, references: count });
    if (removed.length > 0) tombstones.requireScrub();
    touch('face', faceId);
  },

  'references-removed': ({ faceId, uids }, { parts, account, actor, touch }) => {
    const { records, references, collections, audit, tombstones } = parts;
    const place = records.find(account, faceId);
    if (place !== null) {
      const { face, collection, collectionId } = place;
      const count = references.remove(face, uids);
      collections.changed(collection);
      const entry = { kind: 'references-removed', account, collectionId, faceId } as const;
      if (count > 0) {
        audit.append(actor, { ...entry, references: count });
        tombstones.requireScrub();
      }
    }
    touch('face', faceId);
  },

  'metadata-set': ({ faceId, metadata }, { parts, account, actor, touch }) => {
    const place = parts.records.find(account, faceId);
    if (place !== null) {
      parts.faces.setMetadata(place.face, metadata, new Date().toISOString());
      const { collectionId } = place;
      parts.audit.append(actor, { kind: 'face-updated', account, collectionId, faceId });
      parts.tombstones.requireScrub();
    }
    touch('face', faceId);
  },

  'external-key-set': (
    { faceId, externalKey, allowDuplicates },
    { parts, account, actor, touch },
  ) => {
    const place = parts.records.find(account, faceId);
    if (place !== null) {
      const { collectionId } = place;
      const holder = keyHolder(parts, account, collectionId, externalKey, faceId);
      if (holder === null || allowDuplicates) {
        parts.keys.set(actor, account, collectionId, faceId, externalKey, true);
      } else openKeyConflict(parts, account, collectionId, holder, faceId, externalKey);
    }
    touch('face', faceId);
  },

  'external-key-removed': ({ faceId, externalKey }, { parts, account, actor, touch }) => {
    const place = parts.records.find(account, faceId);
    if (place !== null) parts.keys.remove(actor, account, place.collectionId, externalKey, faceId);
    touch('face', faceId);
  },

  'faces-deleted': ({ collectionId, faceIds }, { parts, account, actor, touch }) => {
    parts.remote.deleteFaces(actor, account, faceIds);
    parts.remote.forbid(actor, account, collectionId, faceIds);
    for (const faceId of faceIds) touch('face', faceId);
  },

  'conflict-resolved': ({ conflictId, resolution }, context) =>
    resolveConflict(conflictId, resolution, context),

  void: () => {},
};

/** Who holds a key other than a face, or null. */
function keyHolder(
  { collections, faces }: Parts,
  account: string,
  collectionId: string,
  externalKey: string | null,
  faceId?: string,
): string | null {
  if (externalKey === null || !collections.has(account, collectionId)) return null;
  const holders = faces.withKey(collections.id(account, collectionId), externalKey);
  return holders.find((holder) => holder !== faceId) ?? null;
}

function openKeyConflict(
  { conflicts }: Parts,
  account: string,
  collectionId: string,
  firstFaceId: string,
  secondFaceId: string,
  externalKey: string | null,
): void {
  const kind = 'external-key' as const;
  conflicts.open(account, {
    kind,
    collectionId,
    firstFaceId,
    secondFaceId,
    externalKey,
    confidence: null,
  });
}

/** Decided already, perhaps by somebody else: nothing more to do. */
function resolveConflict(
  conflictId: string,
  resolution: Resolution,
  { parts, account, actor, touch }: Pick<Context, 'parts' | 'account' | 'actor' | 'touch'>,
): void {
  const { conflicts, keys, audit } = parts;
  const conflict = conflicts.get(account, conflictId);
  if (conflict === null) return;
  const { collectionId, firstFaceId, secondFaceId, externalKey } = conflict;
  conflicts.end(account, conflictId);
  audit.append(actor, { kind: 'conflict-resolved', account, collectionId, conflictId, resolution });
  if (resolution === 'same-person') mergeFaces(parts, account, actor, firstFaceId, secondFaceId);
  else if (externalKey !== null && resolution !== 'keep-first') {
    if (resolution === 'keep-second') keys.remove(actor, account, collectionId, externalKey, firstFaceId);
    keys.set(actor, account, collectionId, secondFaceId, externalKey, true);
  }
  touch('face', firstFaceId);
  touch('face', secondFaceId);
}

/** One person enrolled twice becomes one face, the first, with the references of both as far as there is room. */
function mergeFaces(parts: Parts, account: string, actor: Actor, into: string, from: string): void {
  const { records, references, faces, collections, keys, remote } = parts;
  const first = records.find(account, into);
  const second = records.find(account, from);
  if (first === null || second === null) return;
  const secret = Buffer.alloc(32);
  const moved = records.readReferences(account, second.face, { secret, withImages: true });
  const { externalKey, metadata } = faces.get(second.collection, from);
  const before = faces.get(first.collection, into);
  const modelId = parts.models.get(account)!;
  remote.deleteFaces(actor, account, [from]);
  const room = references.room(first.face);
  const best = moved
    .filter(({ source }) => source !== 'automatic')
    .toSorted((a, b) => b.quality - a.quality)
    .slice(0, room);
  records.addReferences(account, first.collection, first.face, best, modelId, secret);
  if (before.externalKey === null && externalKey !== null) {
    keys.set(actor, account, first.collectionId, into, externalKey, true);
  }
  if (before.metadata.name === undefined && metadata.name !== undefined) {
    faces.setMetadata(first.face, metadata, new Date().toISOString());
  }
  collections.changed(first.collection);
}

import { setImmediate as breathe } from 'node:timers/promises';
import { z } from 'zod';
import {
  CollectionId,
  ERRORS,
  FaceId,
  LintelError,
  MAX_IDS_PER_OPERATION,
  OPERATIONS,
  toErrorBody,
  type Actor,
  type Changes as ChangesMessage,
  type Conflict,
  type ErrorCode,
  type Operation,
  type OperationKind,
  type Pull,
  type Push,
  type Pushed,
  type Resolution,
} from '#contract';
import { sizeOf } from './face-records.ts';
import { applyOperation, resolveConflict, type Context, type HubOptions } from './operations.ts';
import { partsOf, type Parts } from './parts.ts';
import { viewOf } from './rights.ts';
import { asLintelError, type DedupeEntry, type SqlStore, type WriteTx } from '#core/store';

/** Milliseconds of operations in one transaction, which blocks all other work. */
const SLICE_MS = 10;

/** Deletions in one step: each takes up to a millisecond. */
const STEP_IDS = 32;

/** An operation, or a part of a deletion: deleting a face twice has the effect of deleting it once. */
interface Step {
  readonly operation: Operation;
  readonly isLast: boolean;
}

/** The server's side of synchronisation: applies each operation once, in the order of its replica, and writes the feed. */
export class Hub {
  readonly #parts: Parts;

  constructor(store: SqlStore) {
    this.#parts = partsOf(store);
  }

  /**
   * Apply the operations that were not applied before, a few milliseconds of them in each transaction; other requests run
   * in between. A refused operation stays refused and does not hold up the next ones.
   */
  async push(account: string, { replicaId, operations }: Push, options: HubOptions): Promise<Pushed> {
    const { changes, replicas, sql } = this.#parts;
    const steps = operations.flatMap(inSteps);
    for (let next = 0; next < steps.length;) {
      next = await sql.writeUnsynced((tx) => this.#applySome(tx, account, replicaId, steps, next, options));
      await breathe();
    }
    return await sql.write(async (tx) => {
      const replica = { account, replicaId };
      const applied = await replicas.begin(tx, replica, options.deviceId);
      const refused = await replicas.refusedFrom(tx, replica, operations[0]?.number ?? 1);
      return { feedId: await changes.feedId(tx), applied, refused };
    });
  }

  /** @returns the step to go on with, or how many there are when one is missing before the next */
  async #applySome(
    tx: WriteTx,
    account: string,
    replicaId: string,
    steps: readonly Step[],
    from: number,
    options: HubOptions,
  ): Promise<number> {
    const end = performance.now() + SLICE_MS;
    const { changes, replicas } = this.#parts;
    const replica = { account, replicaId };
    // Another push of this replica may have been applied meanwhile.
    let applied = await replicas.begin(tx, replica, options.deviceId);
    const view = viewOf(tx, this.#parts, account, options.rights);
    const actor = `device:${options.deviceId}`;
    // An operation changes the feed only for records within the scope of its device.
    const touch: Context['touch'] = async (kind, id) => {
      const isKnown =
        kind === 'face'
          ? await view.knows(id)
          : view.isInScope(id) && (await changes.mayNoteCollection(tx, account, id));
      if (isKnown) await changes.touch(tx, account, kind, id, replicaId);
    };
    const context = { ...options, parts: this.#parts, account, actor, view, touch };
    let next = from;
    do {
      const { operation, isLast } = steps[next++]!;
      if (operation.number <= applied) continue;
      // An operation is missing: the device sends again from there.
      if (operation.number > applied + 1) return steps.length;
      const code = await this.#try(tx, operation, context);
      if (code !== null) {
        await replicas.refuse(tx, replica, operation.number, code);
        await showAgain(operation, touch);
      }
      if (isLast || code !== null) {
        applied = operation.number;
        await replicas.applied(tx, replica, applied);
      }
    } while (next < steps.length && performance.now() < end);
    return next;
  }

  /** The next part of an account's feed, as of one moment and within the limits of the query. @throws `store-corrupt` */
  pull(account: string, query: Pull, { secret, rights }: HubOptions) {
    return this.#parts.sql.read(async (tx): Promise<ChangesMessage> => {
      const { changes, collections, conflicts, records, replicas } = this.#parts;
      const { cursor, limit, bytes, modelId, wanted, replicaId } = query;
      const horizon = await changes.horizon(tx, account);
      const { collections: scope } = rights;
      const { find, isInScope, knows } = viewOf(tx, this.#parts, account, rights);
      const answer: ChangesMessage = {
        feedId: await changes.feedId(tx),
        applied: await replicas.last(tx, { account, replicaId }),
        cursor,
        more: false,
        // A device that compares everything may pass the horizon; it would miss only deletions that were left out since.
        behind: cursor > 0 && cursor < horizon && query.horizon !== horizon,
        horizon,
        newest: await changes.newest(tx, account),
        carried: scope === null ? null : [...scope],
        collections: [],
        faces: [],
        own: [],
        goneFaces: [],
        conflicts: [],
        goneConflicts: [],
      };
      if (answer.behind) return answer;
      let size = 0;
      const send = <Item>(list: Item[], item: Item) => {
        size += sizeInJson(item);
        list.push(item);
      };
      const sent = new Set<string>();
      const looked = new Set<string>();
      const sendCollection = async (collectionId: string) => {
        if (sent.has(collectionId) || !isInScope(collectionId)) return;
        sent.add(collectionId);
        const gone = !(await collections.has(tx, account, collectionId));
        const description = gone ? null : (await collections.get(tx, account, collectionId)).description;
        send(answer.collections, { collectionId, description, gone });
      };
      const sendFace = async (faceId: string) => {
        const place = await find(faceId);
        if (place === null) {
          if (await knows(faceId)) send(answer.goneFaces, faceId);
          return;
        }
        // A collection that changed after some of its faces comes later than they do: it has to be there before them.
        const { collectionId } = place;
        if (!looked.has(collectionId)) {
          looked.add(collectionId);
          if (await changes.isAfter(tx, account, 'collection', collectionId, cursor))
            await sendCollection(collectionId);
        }
        const face = (await records.read(tx, account, faceId, { secret, modelId, images: 'where-needed' }))!;
        size += sizeInJson({ ...face, references: [] }) + sizeOf(face.references);
        answer.faces.push(face);
      };
      answer.left = [];
      for (const faceId of wanted) {
        if (size > bytes) answer.left.push(faceId);
        else await sendFace(faceId);
      }
      const after = await changes.after(tx, account, cursor, limit);
      answer.more = after.length === limit;
      for (const { seq, kind, id, origin } of after) {
        if (size > bytes) {
          answer.more = true;
          break;
        }
        if (kind === 'face') {
          const isOwn = origin === replicaId && (await find(id)) !== null;
          const digest = isOwn ? await records.digest(tx, account, id, modelId) : null;
          if (digest === null) await sendFace(id);
          else send(answer.own, { faceId: id, digest });
        } else if (kind === 'conflict') {
          const conflict = await conflicts.get(tx, account, id);
          if (conflict === null) send(answer.goneConflicts, id);
          else if (isInScope(conflict.collectionId)) send(answer.conflicts, conflict);
        } else await sendCollection(id);
        answer.cursor = seq;
      }
      // The cursor also passes deletions that were left out at the end of the feed.
      if (!answer.more) answer.cursor = Math.max(answer.cursor, horizon);
      return answer;
    });
  }

  /** See `Replica.sharedHash`. */
  sharedHash(account: string, modelId: string): Promise<string> {
    return this.#parts.sql.read((tx) => this.#parts.records.sharedHash(tx, account, modelId));
  }

  /** The conflicts that an operator has to decide. */
  conflicts(account: string): Promise<Conflict[]> {
    return this.#parts.sql.read((tx) => this.#parts.conflicts.list(tx, account));
  }

  /** @throws `conflict-not-found` */
  resolve(account: string, conflictId: string, resolution: Resolution, actor: Actor): Promise<void> {
    return this.#parts.sql.write(async (tx) => {
      const parts = this.#parts;
      if ((await parts.conflicts.get(tx, account, conflictId)) === null)
        throw new LintelError('conflict-not-found');
      await resolveConflict(tx, conflictId, resolution, {
        parts,
        account,
        actor,
        touch: (kind, id) => parts.changes.touch(tx, account, kind, id, null),
      });
    });
  }

  /**
   * Faces that are yet to be compared with the others of their collection, in order of enrolment.
   * @param after the last face of the page before; by default from the first
   */
  dedupeQueue(
    account: string,
    limit: number,
    after: Pick<DedupeEntry, 'face'> = { face: 0 },
  ): Promise<DedupeEntry[]> {
    return this.#parts.sql.read((tx) => this.#parts.dedupe.list(tx, account, after.face, limit));
  }

  /**
   * A face was compared with all others of its collection: open a conflict for each suspected duplicate, unless an
   * operator marked the two as different people.
   * @param duplicates faces that may show the same person, confidence 0..100
   */
  deduped(
    account: string,
    { collectionId, faceId }: Pick<DedupeEntry, 'collectionId' | 'faceId'>,
    duplicates: readonly { readonly faceId: string; readonly confidence: number }[],
  ): Promise<void> {
    return this.#parts.sql.write(async (tx) => {
      const { conflicts, faces, dedupe } = this.#parts;
      const face = (await faces.place(tx, account, faceId))?.face;
      // The face was deleted meanwhile.
      if (face === undefined) return;
      await dedupe.remove(tx, face);
      for (const { faceId: otherId, confidence } of duplicates) {
        const other = (await faces.place(tx, account, otherId))?.face;
        if (other === undefined || (await dedupe.areDistinct(tx, face, other))) continue;
        const [firstFaceId, secondFaceId] = other < face ? [otherId, faceId] : [faceId, otherId];
        await conflicts.open(tx, account, {
          kind: 'suspected-duplicate',
          collectionId,
          firstFaceId,
          secondFaceId,
          externalKey: null,
          confidence,
        });
      }
    });
  }

  /** This store was set back to an earlier state: every device that syncs with it has to join again. */
  renewFeed(): Promise<void> {
    return this.#parts.sql.write((tx) => this.#parts.changes.renewFeed(tx));
  }

  /**
   * Leave deletions before a moment out of the feed. A device that has not read them compares everything instead.
   * @param upTo a cursor: newer deletions stay
   * @returns how many deletions were left out
   */
  trim(account: string, before: Date, upTo: number = Number.MAX_SAFE_INTEGER): Promise<number> {
    return this.#parts.sql.write((tx) => this.#parts.changes.trim(tx, account, before.toISOString(), upTo));
  }

  /** Apply an operation. @returns why it is refused, or null */
  async #try(tx: WriteTx, { kind, body }: Operation, context: Context): Promise<ErrorCode | null> {
    if (!Object.hasOwn(OPERATIONS, kind)) return 'operation-unknown';
    const known = kind as OperationKind;
    const parsed = OPERATIONS[known].safeParse(body);
    if (!parsed.success) return 'usage';
    try {
      // A refusal undoes the part of the operation that was applied.
      await tx.part(() => applyOperation(tx, known, parsed.data, context));
      return null;
    } catch (error) {
      const { code } = toErrorBody(asLintelError(error));
      // A fault of the machine may pass: the device sends the operations again.
      if (ERRORS[code].kind === 'fault' && code !== 'internal') throw error;
      return code;
    }
  }
}

/**
 * A device has applied its operation already that the server refused: send it the server's record again. A face that it
 * enrolled itself stays at the device.
 */
async function showAgain({ kind, body }: Operation, touch: Context['touch']): Promise<void> {
  const { success, data } = Place.safeParse(body);
  if (!success || kind === 'face-added') return;
  if (data.faceId !== undefined) await touch('face', data.faceId);
  else if (data.collectionId !== undefined) await touch('collection', data.collectionId);
}

const sizeInJson = (item: unknown): number => Buffer.byteLength(JSON.stringify(item));

const Place = z.object({ collectionId: CollectionId.optional(), faceId: FaceId.optional() });

const Deletion = z.looseObject({ faceIds: z.array(z.unknown()).max(MAX_IDS_PER_OPERATION) });

function inSteps(operation: Operation): Step[] {
  const { success, data } = Deletion.safeParse(operation.body);
  if (operation.kind !== 'faces-deleted' || !success) return [{ operation, isLast: true }];
  const { faceIds } = data;
  const count = Math.max(1, Math.ceil(faceIds.length / STEP_IDS));
  return Array.from({ length: count }, (_, i) => ({
    operation: {
      ...operation,
      body: { ...data, faceIds: faceIds.slice(i * STEP_IDS, (i + 1) * STEP_IDS) },
    },
    isLast: i === count - 1,
  }));
}

import {
  LintelError,
  type ParkedOperation,
  type Actor,
  type Changes,
  type Conflict,
  type Operation,
  type Pushed,
  type Resolution,
} from '#contract';
import {
  LOCAL_ACCOUNT,
  type ReadTx,
  type ReplicaState,
  type SqlStore,
  type PendingOperation,
  type WriteTx,
} from '#core/store';
import { RealeyesReplica } from './realeyes-replica.ts';
import { contains, intersect, type Scope } from './scope.ts';
import { ReplicaEvents } from './replica-events.ts';
import { sizeOf, type RecordOptions } from './face-records.ts';
import { Intake, type IntakeOptions } from './intake.ts';
import { partsOf, type Parts } from './parts.ts';

/** About how many bytes an operation takes besides its references. */
const OPERATION_BYTES = 200;

/**
 * An appliance's side of synchronisation: it sends pending operations to its server, and takes in the server's changes.
 * A pending operation wins over a change until the server has acknowledged it. Errors besides those named: as of the store.
 */
export class Replica {
  readonly #parts: Parts;
  readonly #account: string;
  readonly #intake: Intake;
  /** The state about a server that speaks the Realeyes API and nothing else. */
  readonly realeyes: RealeyesReplica;

  constructor(store: SqlStore, account = LOCAL_ACCOUNT) {
    const parts = partsOf(store);
    this.#parts = parts;
    this.#account = account;
    this.#intake = new Intake(parts, account);
    this.realeyes = new RealeyesReplica(parts, account);
  }

  /** Null before the appliance has joined a server. */
  state(): Promise<ReplicaState | null> {
    return this.#parts.sql.read((tx) => this.#parts.replica.state(tx, this.#account));
  }

  /** @throws `sync-not-joined` */
  joined(): Promise<ReplicaState> {
    return this.#parts.sql.read((tx) => this.#parts.replica.require(tx, this.#account));
  }

  /**
   * Join a server: every record here becomes pending, every record of the server is to be taken in, and no face that was deleted
   * on either side comes back, nor a reference that was removed here. It is told only what happens from now on, also where
   * another server was not left before.
   */
  join(): Promise<void> {
    return this.#parts.sql.write(async (tx) => {
      const { newest } = await this.#parts.replica.events(tx, this.#account);
      await this.#begin(tx, newest);
    });
  }

  /** The same with the server of before, whose data or this store's were replaced: of events, it gets again what it may have lost. */
  joinAgain(): Promise<void> {
    return this.#parts.sql.write((tx) => this.#beginAgain(tx));
  }

  /** Leave the server. Pending operations are deleted; faces and collections stay. */
  leave(): Promise<void> {
    return this.#parts.sql.write(async (tx) => {
      await this.#forget(tx);
      await this.#parts.remoteFaces.dropPictures(tx);
    });
  }

  /** How many operations are pending. */
  countPending(): Promise<number> {
    return this.#parts.sql.read((tx) => this.#parts.outbox.length(tx));
  }

  /**
   * The oldest pending operations, at most `limit` and about `bytes`; marked as sent.
   * @returns the operations, empty when none is pending, and the state they belong to @throws `sync-not-joined`
   */
  batch(
    limit: number,
    bytes: number,
    options: RecordOptions,
  ): Promise<{ operations: Operation[]; asked: ReplicaState }> {
    return this.#parts.sql.write(async (tx) => {
      const operations: Operation[] = [];
      let size = 0;
      for (const pending of await this.#parts.outbox.first(tx, limit)) {
        if (size > bytes) break;
        const { operation, bytes: its } = await this.#operation(tx, pending, options);
        size += its;
        operations.push(operation);
      }
      const last = operations.at(-1)?.number ?? 0;
      await this.#parts.replica.sent(tx, last);
      return { operations, asked: await this.#parts.replica.require(tx, this.#account) };
    });
  }

  /**
   * Take the server's answer to operations. An answer that cannot be about this store, since it was set back, or that
   * comes from a server whose data were replaced or set back, makes the appliance join again.
   * @param asked the state when the operations were sent: another process may have joined again since
   * @throws `server-inconsistent` for an answer that refuses an operation beyond the last applied one
   */
  acknowledge({ feedId, applied, refused }: Pushed, asked: ReplicaState): Promise<void> {
    return this.#parts.sql.write(async (tx) => {
      const state = await this.#parts.replica.require(tx, this.#account);
      if (state.replicaId !== asked.replicaId) return;
      if (isOther(state, asked, { feedId, applied })) {
        await this.#beginAgain(tx);
        return;
      }
      // The server cannot have refused an operation that it did not receive: parking it here would lose it.
      if (refused.some(({ number }) => number > applied)) throw new LintelError('server-inconsistent');
      for (const { number, code } of refused) await this.#parts.parked.add(tx, number, code);
      await this.#parts.outbox.acknowledge(tx, applied);
      await this.#parts.replica.setFeed(tx, feedId);
    });
  }

  /** Events that the server is to get, see {@link ReplicaEvents}. */
  get events(): ReplicaEvents {
    return new ReplicaEvents(this.#parts, this.#account);
  }

  /** Faces of which the server has more than this replica. */
  wanted(limit: number): Promise<string[]> {
    return this.#parts.sql.read((tx) => this.#parts.replica.wanted(tx, limit));
  }

  /**
   * Take in changes of the server. After a crash the caller may pass the same changes again.
   * @param asked the state at the request: if another process joined again or began to compare since, the answer is
   *   out of date and left alone
   * @returns whether to ask at once for more
   */
  async take(
    changes: Changes,
    options: Omit<IntakeOptions, 'signedScope'>,
    asked: ReplicaState,
  ): Promise<{ more: boolean }> {
    const state = await this.joined();
    if (state.replicaId !== asked.replicaId || state.comparing !== asked.comparing) return { more: true };
    if (isOther(state, asked, changes)) {
      await this.joinAgain();
      return { more: true };
    }
    const scope = intersect(options.scope, changes.carried ?? null);
    const text = JSON.stringify(scope);
    if (changes.behind || text !== state.scope) {
      await this.compareAll(text);
      return { more: true };
    }
    const isTaken = await this.#intake.take(
      changes,
      { ...options, scope, signedScope: options.scope },
      asked,
    );
    return { more: !isTaken || changes.more || (await this.wanted(1)).length > 0 };
  }

  /**
   * Take in the collections of the server. Its descriptions win, unless an operation about the collection is pending. A
   * collection that the server does not list stays.
   */
  takeCollections(
    list: readonly { collectionId: string; description: string | null }[],
    scope: Scope,
  ): Promise<void> {
    return this.#parts.sql.write(async (tx) => {
      const isInScope = contains(scope);
      for (const { collectionId, description } of list) {
        if (isInScope(collectionId)) await this.#intake.putCollection(tx, collectionId, description);
      }
    });
  }

  /**
   * Compare everything with the server: this appliance may lack faces that earlier answers left out.
   * @param scope JSON text of the new scope; null: as before
   */
  compareAll(scope: string | null = null): Promise<void> {
    return this.#parts.sql.write(async (tx) => {
      const { conflicts, replica } = this.#parts;
      await replica.compareAll(tx, scope);
      await this.#intake.removals.spareAll(tx);
      await conflicts.endAll(tx, this.#account);
    });
  }

  /** The policy lets pictures go to the server from now on: queue the references that keep one. */
  queueImages(): Promise<void> {
    return this.#parts.sql.write(async (tx) => {
      const { biometrics, outbox } = this.#parts;
      for (const { collectionId, faceId, uids } of await biometrics.pictured(tx, this.#account)) {
        const place = { collectionId, faceId };
        await outbox.add(tx, this.#account, 'references-added', place, { ...place, uids });
      }
    });
  }

  /**
   * Remove the images of every face without a pending operation: the server has them.
   * @returns how many @throws `sync-not-joined`
   */
  dropAcknowledgedImages(): Promise<number> {
    return this.#parts.sql.write(async (tx) => {
      const { biometrics, replica, tombstones } = this.#parts;
      await replica.require(tx, this.#account);
      const count = await biometrics.dropAcknowledgedImages(tx, this.#account);
      if (count > 0) await tombstones.requireScrub(tx);
      return count;
    });
  }

  /**
   * Remove every face that the server has, without tombstones. Faces that the server has yet to receive stay, and all that
   * are left once another process leaves the server: what waits to be sent is not known any more.
   * @throws `sync-not-joined`
   */
  async evictAll(): Promise<void> {
    const { sql, outbox, conflicts, replica } = this.#parts;
    const { replicaId } = await this.joined();
    await this.#intake.evict(
      () => true,
      async (tx, faceId) =>
        (await replica.state(tx, this.#account))?.replicaId === replicaId &&
        !(await outbox.hasNewFace(tx, faceId)),
    );
    // The conflicts name evicted faces. This write reaches the disk before the call resolves.
    await sql.write((tx) => conflicts.endAll(tx, this.#account));
  }

  /** How many removals wait for an operator, and the cursor up to which the server's changes are applied. */
  held(): Promise<{ count: number; confirmed: number }> {
    return this.#parts.sql.read(async (tx) => {
      const { count, cursor } = await this.#intake.removals.held(tx);
      const last = (await this.#parts.replica.state(tx, this.#account))?.cursor ?? 0;
      return { count, confirmed: Math.min(cursor ?? last, last) };
    });
  }

  /** Apply the held removals. @param actor who agreed @returns how many faces were removed */
  async confirmRemovals(actor: Actor): Promise<number> {
    const faces = await this.#intake.removals.confirm();
    await this.#parts.sql.write(async (tx) => {
      if (faces > 0) await this.#parts.audit.append(tx, actor, { kind: 'removals-confirmed', faces });
    });
    return faces;
  }

  conflicts(): Promise<Conflict[]> {
    return this.#parts.sql.read((tx) => this.#parts.conflicts.list(tx, this.#account));
  }

  /** Queue the decision; the server applies it. @throws `conflict-not-found` */
  resolve(conflictId: string, resolution: Resolution): Promise<void> {
    return this.#parts.sql.write(async (tx) => {
      const { conflicts, outbox } = this.#parts;
      if (!(await conflicts.end(tx, this.#account, conflictId))) throw new LintelError('conflict-not-found');
      await outbox.add(tx, this.#account, 'conflict-resolved', {}, { conflictId, resolution });
    });
  }

  /** Operations the server refused, oldest first. */
  parked(): Promise<ParkedOperation[]> {
    return this.#parts.sql.read((tx) => this.#parts.parked.list(tx));
  }

  /**
   * Send refused enrolments, external keys and deletions again, and drop all other refused operations: their changes were
   * undone here already.
   */
  retryParked(): Promise<void> {
    return this.#parts.sql.write(async (tx) => {
      const { faces, outbox, parked, remoteFaces } = this.#parts;
      for (const { kind, faceId } of await parked.takeAll(tx)) {
        const place = faceId === null ? null : await faces.place(tx, this.#account, faceId);
        const isOfPresence = kind === 'face-added' || kind === 'external-key-set';
        if (isOfPresence && place !== null) await this.#addFace(tx, place.collectionId, faceId!);
      }
      for (const { collectionId, faceIds } of await remoteFaces.leftBehind(tx, this.#account)) {
        await outbox.addDeletion(tx, this.#account, collectionId, faceIds);
      }
    });
  }

  /** SHA-256 of everything that the server and its appliances have in common once all are in step. */
  sharedHash(modelId: string): Promise<string> {
    return this.#parts.sql.read((tx) => this.#parts.records.sharedHash(tx, this.#account, modelId));
  }

  async #beginAgain(tx: WriteTx): Promise<void> {
    const { newest, from } = await this.#parts.replica.events(tx, this.#account);
    await this.#begin(tx, from ?? newest);
  }

  /** @param eventsFrom the number of the event after which the server is told of events */
  async #begin(tx: WriteTx, eventsFrom: number): Promise<void> {
    const { collections, faces, outbox, replica, tombstones } = this.#parts;
    await this.#forget(tx);
    await replica.begin(tx, this.#account, eventsFrom);
    for (const { collectionId, faceIds } of await tombstones.byCollection(tx, this.#account)) {
      await outbox.addDeletion(tx, this.#account, collectionId, faceIds);
    }
    for (const { collectionId, description } of await collections.list(tx, this.#account)) {
      await outbox.add(
        tx,
        this.#account,
        'collection-created',
        { collectionId },
        { collectionId, description },
      );
      for (const faceId of await faces.ids(tx, await collections.id(tx, this.#account, collectionId))) {
        await this.#addFace(tx, collectionId, faceId);
      }
    }
  }

  async #forget(tx: WriteTx): Promise<void> {
    const { conflicts, held, outbox, parked, replica } = this.#parts;
    await outbox.empty(tx);
    await parked.takeAll(tx);
    await held.spareAll(tx);
    await replica.forget(tx);
    await conflicts.endAll(tx, this.#account);
  }

  async #addFace(tx: WriteTx, collectionId: string, faceId: string): Promise<void> {
    const { records, faces, outbox, references } = this.#parts;
    const { collection, face } = (await faces.place(tx, this.#account, faceId))!;
    const { externalKey, metadata } = await faces.get(tx, collection, faceId);
    const place = { collectionId, faceId };
    const body = { externalKey, metadata, uids: await records.uids(tx, face) };
    await outbox.add(tx, this.#account, 'face-added', place, body);
    // The server may not know of these removals. It notes them with the face, so the face goes first.
    const removed = await references.removedOf(tx, face);
    if (removed.length > 0)
      await outbox.add(tx, this.#account, 'references-removed', place, { ...place, uids: removed });
  }

  /** A pending operation as it is sent, references included, and about how many bytes it takes. */
  async #operation(
    tx: ReadTx,
    pending: PendingOperation,
    options: RecordOptions,
  ): Promise<{ operation: Operation; bytes: number }> {
    const { number, kind, faceId } = pending;
    const place = faceId === null ? null : await this.#parts.faces.place(tx, this.#account, faceId);
    // A server that can read the operation decides about it.
    if (kind === 'unreadable') return asStored({ number, ...pending.body });
    if ((kind !== 'face-added' && kind !== 'references-added') || place === null || faceId === null) {
      return asStored({ number, kind, body: pending.body });
    }
    const { faces, records } = this.#parts;
    const { uids } = pending.body;
    const references = await records.readReferences(tx, this.#account, place.face, options, uids);
    const bytes = OPERATION_BYTES + sizeOf(references);
    const { collectionId } = pending;
    if (kind === 'references-added') {
      return { operation: { number, kind, body: { collectionId, faceId, references } }, bytes };
    }
    const { externalKey, metadata } = pending.body;
    const { createdAt } = await faces.get(tx, place.collection, faceId);
    const face = { collectionId, faceId, externalKey, metadata, createdAt, references };
    return { operation: { number, kind, body: { face } }, bytes };
  }
}

const asStored = (operation: Operation): { operation: Operation; bytes: number } => ({
  operation,
  bytes: OPERATION_BYTES + JSON.stringify(operation.body).length,
});

/**
 * Whether an answer shows that this store was set back, or that the server's data were set back or replaced, since the
 * last exchange.
 */
const isOther = (
  state: ReplicaState,
  asked: ReplicaState,
  { feedId, applied, newest = asked.cursor }: Pick<Changes, 'feedId' | 'applied' | 'newest'>,
): boolean =>
  (state.feedId !== null && state.feedId !== feedId) ||
  applied > state.sent ||
  applied < asked.acknowledged ||
  newest < asked.cursor;

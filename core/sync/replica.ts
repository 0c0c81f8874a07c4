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
  type Waiting,
  type WriteTx,
} from '#core/store';
import { RealeyesReplica } from './realeyes-replica.ts';
import { carriedBy, carries } from './carries.ts';
import { sizeOf, type RecordOptions } from './face-records.ts';
import { Intake, type IntakeOptions } from './intake.ts';
import { partsOf, type Parts } from './parts.ts';

/** About what an operation takes besides its references. */
const OPERATION_BYTES = 200;

/**
 * An appliance's side of synchronisation: what it has to tell its server, and what the server tells it. What waits to
 * be told wins over what comes until the server has answered. Errors besides those named: as of the store.
 */
export class Replica {
  readonly #parts: Parts;
  readonly #account: string;
  readonly #intake: Intake;
  /** What it notes about a server that speaks the Realeyes API and nothing else. */
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
   * Join a server, or join again one whose data were replaced: every record here becomes pending, every record of the
   * server is to be taken in, and no face that was deleted on either side comes back.
   */
  join(): Promise<void> {
    return this.#parts.sql.write((tx) => this.#join(tx));
  }

  /** Stop telling anybody. What waits is forgotten; everything that is here stays. */
  leave(): Promise<void> {
    return this.#parts.sql.write((tx) => {
      this.#forget(tx);
      this.#parts.remoteFaces.dropPictures(tx);
    });
  }

  /** How many operations wait. */
  queueLength(): Promise<number> {
    return this.#parts.sql.read((tx) => this.#parts.outbox.length(tx));
  }

  /**
   * The oldest operations that wait, at most `limit` and about `bytes`; noted as sent.
   * @returns empty when none wait; and the state they are of @throws `sync-not-joined`
   */
  batch(
    limit: number,
    bytes: number,
    options: RecordOptions,
  ): Promise<{ operations: Operation[]; asked: ReplicaState }> {
    return this.#parts.sql.write((tx) => {
      const operations: Operation[] = [];
      let size = 0;
      for (const waiting of this.#parts.outbox.first(tx, limit)) {
        if (size > bytes) break;
        const { operation, bytes: its } = this.#operation(tx, waiting, options);
        size += its;
        operations.push(operation);
      }
      const last = operations.at(-1)?.number ?? 0;
      this.#parts.replica.sent(tx, last);
      return { operations, asked: this.#parts.replica.require(tx, this.#account) };
    });
  }

  /**
   * Take the server's answer to operations. An answer that cannot be about this store, since it was set back, or that
   * comes from a server whose data were replaced or set back, makes the appliance join again.
   * @param asked the state when the operations were sent: another process may have joined again since
   * @throws `server-inconsistent` for one that refuses what is not applied
   */
  settle({ feedId, applied, refused }: Pushed, asked: ReplicaState): Promise<void> {
    return this.#parts.sql.write((tx) => {
      const state = this.#parts.replica.require(tx, this.#account);
      if (state.replicaId !== asked.replicaId) return;
      if (isOther(state, asked, { feedId, applied })) {
        this.#join(tx);
        return;
      }
      // What was not sent cannot have been refused, and would be lost here.
      if (refused.some(({ number }) => number > applied)) throw new LintelError('server-inconsistent');
      for (const { number, code } of refused) this.#parts.parked.add(tx, number, code);
      this.#parts.outbox.settle(tx, applied);
      this.#parts.replica.setFeed(tx, feedId);
    });
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
    options: Omit<IntakeOptions, 'signed'>,
    asked: ReplicaState,
  ): Promise<{ more: boolean }> {
    const state = await this.joined();
    if (state.replicaId !== asked.replicaId || state.comparing !== asked.comparing) return { more: true };
    if (isOther(state, asked, changes)) {
      await this.join();
      return { more: true };
    }
    const carried = carriedBy(options.carried, changes.carried ?? null);
    const word = JSON.stringify(carried);
    if (changes.behind || word !== state.carried) {
      await this.compareAll(word);
      return { more: true };
    }
    const isTaken = await this.#intake.take(changes, { ...options, carried, signed: options.carried }, asked);
    return { more: !isTaken || changes.more || (await this.wanted(1)).length > 0 };
  }

  /**
   * Take over collections that the server has; its descriptions win, but for what waits to be told. That one is missing
   * there says nothing.
   * @param carried the collections this appliance is to have; null: all
   */
  takeCollections(
    list: readonly { collectionId: string; description: string | null }[],
    carried: readonly string[] | null,
  ): Promise<void> {
    return this.#parts.sql.write((tx) => {
      const isCarried = carries(carried);
      for (const { collectionId, description } of list) {
        if (isCarried(collectionId)) this.#intake.putCollection(tx, collectionId, description);
      }
    });
  }

  /**
   * Compare everything with the server. This appliance may lack what earlier answers left out.
   * @param carried what is to be here from now on, if that changed
   */
  compareAll(carried: string | null = null): Promise<void> {
    return this.#parts.sql.write((tx) => {
      const { conflicts, replica } = this.#parts;
      replica.compareAll(tx, carried);
      this.#intake.removals.spareAll(tx);
      conflicts.endAll(tx, this.#account);
    });
  }

  /** Pictures may go to the server now: those that are here wait to be told with their references. */
  tellImages(): Promise<void> {
    return this.#parts.sql.write((tx) => {
      const { biometrics, outbox } = this.#parts;
      for (const { collectionId, faceId, uids } of biometrics.pictured(tx, this.#account)) {
        const place = { collectionId, faceId };
        outbox.add(tx, this.#account, 'references-added', place, { ...place, uids });
      }
    });
  }

  /** Remove the images of every face without a pending operation: the server has them. @returns how many */
  dropToldImages(): Promise<number> {
    return this.#parts.sql.write((tx) => {
      const { biometrics, tombstones } = this.#parts;
      const count = biometrics.dropToldImages(tx, this.#account);
      if (count > 0) tombstones.requireScrub(tx);
      return count;
    });
  }

  /** Remove every face that the server has, without tombstones. Faces that the server has yet to receive stay. */
  async surrender(): Promise<void> {
    const { sql, outbox, conflicts } = this.#parts;
    await this.#intake.evict(
      () => true,
      (tx, faceId) => !outbox.hasNewFace(tx, faceId),
    );
    // What conflicts tell of people goes too. On the disk before this resolves.
    await sql.write((tx) => conflicts.endAll(tx, this.#account));
  }

  /** How many people the server wants removed, who wait for an operator; and up to where its changes are carried out. */
  held(): Promise<{ count: number; confirmed: number }> {
    return this.#parts.sql.read((tx) => {
      const { count, cursor } = this.#intake.removals.held(tx);
      const last = this.#parts.replica.state(tx, this.#account)?.cursor ?? 0;
      return { count, confirmed: Math.min(cursor ?? last, last) };
    });
  }

  /** Carry out the removals that wait. @param actor who agreed @returns how many people that removes */
  async confirmRemovals(actor: Actor): Promise<number> {
    const faces = await this.#intake.removals.confirm();
    await this.#parts.sql.write((tx) => {
      if (faces > 0) this.#parts.audit.append(tx, actor, { kind: 'removals-confirmed', faces });
    });
    return faces;
  }

  conflicts(): Promise<Conflict[]> {
    return this.#parts.sql.read((tx) => this.#parts.conflicts.list(tx, this.#account));
  }

  /** The server carries the decision out when it hears of it. @throws `conflict-not-found` */
  resolve(conflictId: string, resolution: Resolution): Promise<void> {
    return this.#parts.sql.write((tx) => {
      const { conflicts, outbox } = this.#parts;
      if (!conflicts.end(tx, this.#account, conflictId)) throw new LintelError('conflict-not-found');
      outbox.add(tx, this.#account, 'conflict-resolved', {}, { conflictId, resolution });
    });
  }

  /** Operations the server refused, oldest first. */
  parked(): Promise<ParkedOperation[]> {
    return this.#parts.sql.read((tx) => this.#parts.parked.list(tx));
  }

  /**
   * Send refused enrolments, keys and deletions once more, and forget what else was refused: that was undone here
   * already.
   */
  retryParked(): Promise<void> {
    return this.#parts.sql.write((tx) => {
      const { faces, outbox, parked, remoteFaces } = this.#parts;
      for (const { kind, faceId } of parked.takeAll(tx)) {
        const place = faceId === null ? null : faces.place(tx, this.#account, faceId);
        const isOfPresence = kind === 'face-added' || kind === 'external-key-set';
        if (isOfPresence && place !== null) this.#addFace(tx, place.collectionId, faceId!);
      }
      for (const { collectionId, faceIds } of remoteFaces.leftBehind(tx, this.#account)) {
        outbox.addDeletion(tx, this.#account, collectionId, faceIds);
      }
    });
  }

  /** SHA-256 of everything that is the same at the server and at every appliance in step with it. */
  sharedHash(modelId: string): Promise<string> {
    return this.#parts.sql.read((tx) => this.#parts.records.sharedHash(tx, this.#account, modelId));
  }

  /** */
  #join(tx: WriteTx): void {
    const { collections, faces, outbox, replica, tombstones } = this.#parts;
    this.#forget(tx);
    replica.begin(tx, this.#account);
    for (const { collectionId, faceIds } of tombstones.byCollection(tx, this.#account)) {
      outbox.addDeletion(tx, this.#account, collectionId, faceIds);
    }
    for (const { collectionId, description } of collections.list(tx, this.#account)) {
      outbox.add(tx, this.#account, 'collection-created', { collectionId }, { collectionId, description });
      for (const faceId of faces.ids(tx, collections.id(tx, this.#account, collectionId))) {
        this.#addFace(tx, collectionId, faceId);
      }
    }
  }

  /** */
  #forget(tx: WriteTx): void {
    const { conflicts, held, outbox, parked, replica } = this.#parts;
    outbox.empty(tx);
    parked.takeAll(tx);
    held.spareAll(tx);
    replica.forget(tx);
    conflicts.endAll(tx, this.#account);
  }

  #addFace(tx: WriteTx, collectionId: string, faceId: string): void {
    const { records, faces, outbox } = this.#parts;
    const { collection, face } = faces.place(tx, this.#account, faceId)!;
    const { externalKey, metadata } = faces.get(tx, collection, faceId);
    const body = { externalKey, metadata, uids: records.uids(tx, face) };
    outbox.add(tx, this.#account, 'face-added', { collectionId, faceId }, body);
  }

  /** With what was left out while it waited, and about how many bytes that makes. */
  #operation(tx: ReadTx, waiting: Waiting, options: RecordOptions): { operation: Operation; bytes: number } {
    const { number, kind, faceId } = waiting;
    const place = faceId === null ? null : this.#parts.faces.place(tx, this.#account, faceId);
    // A server that can read the operation decides about it.
    if (kind === 'unreadable') return asItWaits({ number, ...waiting.body });
    if ((kind !== 'face-added' && kind !== 'references-added') || place === null || faceId === null) {
      return asItWaits({ number, kind, body: waiting.body });
    }
    const { faces, records } = this.#parts;
    const { uids } = waiting.body;
    const references = records.readReferences(tx, this.#account, place.face, options, uids);
    const bytes = OPERATION_BYTES + sizeOf(references);
    const { collectionId } = waiting;
    if (kind === 'references-added') {
      return { operation: { number, kind, body: { collectionId, faceId, references } }, bytes };
    }
    const { externalKey, metadata } = waiting.body;
    const { createdAt } = faces.get(tx, place.collection, faceId);
    const face = { collectionId, faceId, externalKey, metadata, createdAt, references };
    return { operation: { number, kind, body: { face } }, bytes };
  }
}

const asItWaits = (operation: Operation): { operation: Operation; bytes: number } => ({
  operation,
  bytes: OPERATION_BYTES + JSON.stringify(operation.body).length,
});

/**
 * Whether an answer shows that this store was set back, or the server's data set back or replaced, since both were in
 * touch.
 */
const isOther = (
  state: ReplicaState,
  asked: ReplicaState,
  { feedId, applied, newest = asked.cursor }: Pick<Changes, 'feedId' | 'applied' | 'newest'>,
): boolean =>
  (state.feedId !== null && state.feedId !== feedId) ||
  applied > state.sent ||
  applied < asked.settled ||
  newest < asked.cursor;

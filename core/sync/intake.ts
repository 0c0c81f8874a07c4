import { ERRORS, toErrorBody, type Changes, type ErrorCode, type FaceRecord } from '#contract';
import { inBatches, SERVER } from './batches.ts';
import { carries } from './carries.ts';
import type { Parts } from './parts.ts';
import { Removals } from './removals.ts';
import { type Asked, asLintelError, type ReadTx, type WriteTx } from '#core/store';

export interface IntakeOptions {
  /** Of this appliance. */
  readonly modelId: string;
  /** By which templates are rotated on their way. */
  readonly secret: Uint8Array;
  /** The collections it is to have and is told of; null: all. */
  readonly carried: readonly string[] | null;
  /** The collections it is to have by what its server signed; null: all. */
  readonly signed: readonly string[] | null;
  /** Whether the server may remove as many as it likes, by what it signed. */
  readonly confirmRemovals: boolean;
  /** How many may be removed unasked, of so many people. */
  readonly mostUnasked?: ((people: number) => number) | undefined;
  /** Faces that were asked for besides. */
  readonly wanted: readonly string[];
  /** Waited for after each piece of work; by default what waits at this moment. */
  readonly rest?: (() => Promise<unknown>) | undefined;
}

/** Takes over what an appliance's server says. What waits to be told wins until the server has answered. */
export class Intake {
  readonly #parts: Parts;
  readonly #account: string;
  readonly removals: Removals;

  constructor(parts: Parts, account: string) {
    this.#parts = parts;
    this.#account = account;
    this.removals = new Removals(parts, account);
  }

  /**
   * Take in a batch of changes. After a crash the caller may pass the same batch again.
   * @param asked the state at the request; `comparing` is not 0 while the device compares everything
   * @returns false when another process joined again, or began to compare, meanwhile: then request the changes again
   */
  async take(changes: Changes, options: IntakeOptions, asked: Asked): Promise<boolean> {
    const { replica, sql } = this.#parts;
    const { modelId, carried, signed, wanted, rest, confirmRemovals, mostUnasked } = options;
    const { cursor, comparing: comparison } = asked;
    const isCarried = carries(carried);
    const isSigned = carries(signed);
    await sql.write((tx) => {
      for (const { collectionId, description, gone } of changes.collections.filter(({ collectionId }) =>
        isCarried(collectionId),
      )) {
        if (gone) this.#removeCollection(tx, collectionId, cursor);
        else {
          replica.see(tx, this.#account, 'collection', collectionId, comparison);
          this.putCollection(tx, collectionId, description);
        }
      }
    });
    const faces = changes.faces.filter(({ collectionId }) => isCarried(collectionId));
    await inBatches(this.#parts, faces, (tx, face) => this.#putFace(tx, face, options, asked), rest);
    const compare = (tx: WriteTx, { faceId, digest }: Changes['own'][number]) =>
      this.#compareOwn(tx, faceId, digest, modelId, comparison);
    await inBatches(this.#parts, changes.own, compare, rest);
    await inBatches(
      this.#parts,
      changes.goneFaces,
      (tx, faceId) => this.#removeFace(tx, faceId, cursor),
      rest,
    );
    const isLast = !changes.more;
    if (isLast) {
      // Somebody enrolled them here, or they were to be here before. Known as long as no other process left the server.
      const { outbox } = this.#parts;
      const isKnown = (tx: ReadTx, faceId: string): boolean =>
        replica.isCurrent(tx, this.#account, asked) &&
        !outbox.hasFace(tx, faceId) &&
        !outbox.hasNewFace(tx, faceId);
      await this.evict((collectionId) => !isSigned(collectionId), isKnown);
      // What only the answer says, anybody on the way may have said.
      const isLeftOut = (collectionId: string): boolean => isSigned(collectionId) && !isCarried(collectionId);
      await this.#each(isLeftOut, (tx, faceId) => {
        if (isKnown(tx, faceId)) this.removals.hold(tx, faceId, 'evicted', cursor);
      });
      const isWhole = (tx: ReadTx): boolean =>
        replica.isWhole(tx, this.#account, comparison, changes.applied);
      if (comparison !== 0) await this.#removeUnseen(isCarried, isWhole, cursor);
      await (confirmRemovals ? this.removals.confirm() : this.removals.settle(mostUnasked));
    }
    return await sql.write((tx) => {
      if (!replica.isCurrent(tx, this.#account, asked)) return false;
      for (const conflictId of changes.goneConflicts)
        this.#parts.conflicts.end(tx, this.#account, conflictId);
      for (const conflict of changes.conflicts.filter(({ collectionId }) => isCarried(collectionId))) {
        this.#parts.conflicts.put(tx, this.#account, conflict);
      }
      // Of those in collections that are not carried any more nothing comes.
      const told = new Set([...faces.map(({ faceId }) => faceId), ...changes.goneFaces]);
      const left = new Set(changes.left);
      for (const faceId of wanted) if (!told.has(faceId) && !left.has(faceId)) replica.unwant(tx, faceId);
      replica.taken(tx, changes.cursor, changes.feedId, cursor === 0 ? (changes.horizon ?? 0) : null);
      // A server without any change cannot tell which device lags behind: such a device goes on comparing.
      if (isLast && changes.cursor > 0 && replica.isWhole(tx, this.#account, comparison, changes.applied)) {
        replica.endComparison(tx);
      }
      return true;
    });
  }

  /**
   * Remove the faces of some collections that the server has, without tombstones.
   * @param isKnown whether the server has a face, looked at again as it goes
   */
  async evict(
    isMeant: (collectionId: string) => boolean,
    isKnown: (tx: ReadTx, faceId: string) => boolean,
  ): Promise<void> {
    await this.#each(isMeant, (tx, faceId) => {
      if (isKnown(tx, faceId)) this.#parts.remote.evictFace(tx, SERVER, this.#account, faceId);
    });
  }

  /** Something with everybody in some collections. */
  async #each(
    isMeant: (collectionId: string) => boolean,
    work: (tx: WriteTx, faceId: string) => void,
  ): Promise<void> {
    const { sql, collections, faces } = this.#parts;
    const all = await sql.read((tx) =>
      collections
        .list(tx, this.#account)
        .filter(({ collectionId }) => isMeant(collectionId))
        .flatMap(({ collectionId }) => faces.ids(tx, collections.id(tx, this.#account, collectionId))),
    );
    await inBatches(this.#parts, all, work);
  }

  /** Unless something about it waits to be told. */
  putCollection(tx: WriteTx, collectionId: string, description: string | null): void {
    const { collections, remote, outbox, trash } = this.#parts;
    this.removals.spare(tx, 'collection', collectionId);
    if (outbox.hasCollection(tx, collectionId) || trash.hasUntold(tx, this.#account, collectionId)) return;
    if (!collections.has(tx, this.#account, collectionId)) {
      remote.createCollection(tx, SERVER, this.#account, collectionId, description);
    } else remote.describeCollection(tx, SERVER, this.#account, collectionId, description);
  }

  /** The collection is empty at the server: keep only the faces that the server has yet to receive. */
  #removeCollection(tx: WriteTx, collectionId: string, cursor: number): void {
    const { collections, outbox } = this.#parts;
    if (!collections.has(tx, this.#account, collectionId) || outbox.hasCollection(tx, collectionId)) return;
    this.removals.holdCollection(tx, collectionId, cursor);
  }

  #putFace(
    tx: WriteTx,
    face: FaceRecord,
    { modelId, secret }: IntakeOptions,
    { comparing: comparison, cursor }: Asked,
  ): void {
    const { outbox, records, remote, replica, tombstones } = this.#parts;
    replica.see(tx, this.#account, 'face', face.faceId, comparison);
    replica.unwant(tx, face.faceId);
    // Deleted here: the server will hear of it. Changed here: the server will send it again, with that.
    if (tombstones.has(tx, this.#account, face.faceId) || outbox.hasFace(tx, face.faceId)) return;
    if (this.removals.holdEmptied(tx, face, cursor)) return;
    this.removals.spare(tx, 'face', face.faceId);
    const sound = records.withoutUnsound(tx, this.#account, face, secret);
    if (sound !== null) this.#refused(tx, face, 'template-invalid');
    try {
      // Undone by itself when it is refused half-way.
      tx.part(() => remote.putFace(tx, SERVER, this.#account, sound ?? face, modelId, secret));
    } catch (error) {
      const { code } = toErrorBody(asLintelError(error));
      // What is wrong with the machine may be over the next time; what makes no sense holds up nobody else.
      if (ERRORS[code].kind === 'fault' && code !== 'internal') throw error;
      this.#refused(tx, face, code);
    }
  }

  #refused(tx: WriteTx, { collectionId, faceId }: FaceRecord, code: ErrorCode): void {
    const { audit } = this.#parts;
    audit.append(tx, SERVER, { kind: 'face-refused', account: this.#account, collectionId, faceId, code });
  }

  #compareOwn(tx: WriteTx, faceId: string, digest: string, modelId: string, comparison: number): void {
    const { records, outbox, replica, tombstones } = this.#parts;
    replica.see(tx, this.#account, 'face', faceId, comparison);
    this.removals.spare(tx, 'face', faceId);
    // A face that was deleted here, or that has a pending operation: the server has yet to receive the operation.
    if (tombstones.has(tx, this.#account, faceId) || outbox.hasFace(tx, faceId)) return;
    if (records.digest(tx, this.#account, faceId, modelId) === digest) return;
    replica.want(tx, faceId);
  }

  #removeFace(tx: WriteTx, faceId: string, cursor: number): void {
    const { outbox, replica } = this.#parts;
    replica.unwant(tx, faceId);
    replica.unsee(tx, faceId);
    // The server does not have it yet, or refused it: that is no deletion.
    if (!outbox.hasNewFace(tx, faceId)) this.removals.hold(tx, faceId, 'deleted', cursor);
  }

  /**
   * After a comparison, remove the faces that the server did not list, and the collections outside of the scope.
   * @param isCarried whether the server would have named who is in a collection
   * @param isWhole whether that may still be told from the answer
   */
  async #removeUnseen(
    isCarried: (collectionId: string) => boolean,
    isWhole: (tx: ReadTx) => boolean,
    cursor: number,
  ): Promise<void> {
    const { collections, faces, outbox, replica, sql } = this.#parts;
    const list = await sql.read((tx) => collections.list(tx, this.#account));
    for (const { collectionId } of list) {
      const isUnseen = (tx: ReadTx, faceId: string) =>
        !replica.hasSeen(tx, 'face', faceId) && !outbox.hasNewFace(tx, faceId);
      const unseen = await sql.read((tx) =>
        isCarried(collectionId)
          ? faces
              .ids(tx, collections.id(tx, this.#account, collectionId))
              .filter((faceId) => isUnseen(tx, faceId))
          : [],
      );
      await inBatches(this.#parts, unseen, (tx, faceId) => {
        if (isWhole(tx) && isUnseen(tx, faceId)) this.removals.hold(tx, faceId, 'deleted', cursor);
      });
      await sql.write((tx) => {
        const isUnseen = isWhole(tx) && !replica.hasSeen(tx, 'collection', collectionId);
        if (isUnseen) this.removals.holdEmptyCollection(tx, collectionId, cursor);
      });
    }
  }
}

import { ERRORS, toErrorBody, type Changes, type ErrorCode, type FaceRecord } from '#contract';
import { inBatches, SERVER } from './batches.ts';
import { contains, type Scope } from './scope.ts';
import { AccountPart } from './account-part.ts';
import { Removals } from './removals.ts';
import { type Asked, asLintelError, type ReadTx, type WriteTx } from '#core/store';

export interface IntakeOptions {
  /** The embedding model of this appliance. */
  readonly modelId: string;
  /** The 32 bytes that rotate templates on their way. */
  readonly secret: Uint8Array;
  /** The collections that the device keeps and that the answer covers. */
  readonly scope: Scope;
  /** The scope of the policy that the server signed. */
  readonly signedScope: Scope;
  /** Whether the signed policy lets the server remove any number of faces. */
  readonly confirmRemovals: boolean;
  /** How many of so many faces the server may remove without an operator. */
  readonly mostUnasked?: ((people: number) => number) | undefined;
  /** Faces that the request asked for besides. */
  readonly wanted: readonly string[];
  /** Awaited after each slice of work; by default, other pending work of this moment runs. */
  readonly rest?: (() => Promise<unknown>) | undefined;
}

/** Takes the changes of the server into the appliance's store. A pending operation wins until the server has acknowledged it. */
export class Intake extends AccountPart {
  readonly removals = new Removals(this.parts, this.account);

  /**
   * Take in a batch of changes. After a crash the caller may pass the same batch again.
   * @param asked the state at the request; `comparing` is not 0 while the device compares everything
   * @returns false when another process joined again, or began to compare, meanwhile: then request the changes again
   */
  async take(changes: Changes, options: IntakeOptions, asked: Asked): Promise<boolean> {
    const { replica, sql } = this.parts;
    const { modelId, scope, signedScope, wanted, rest, confirmRemovals, mostUnasked } = options;
    const { cursor, comparing: comparison } = asked;
    const isInScope = contains(scope);
    const isInSignedScope = contains(signedScope);
    await sql.write(async (tx) => {
      for (const { collectionId, description, gone } of changes.collections.filter(({ collectionId }) =>
        isInScope(collectionId),
      )) {
        if (gone) await this.#removeCollection(tx, collectionId, cursor);
        else {
          await replica.see(tx, this.account, 'collection', collectionId, comparison);
          await this.putCollection(tx, collectionId, description);
        }
      }
    });
    const faces = changes.faces.filter(({ collectionId }) => isInScope(collectionId));
    await inBatches(this.parts, faces, (tx, face) => this.#putFace(tx, face, options, asked), rest);
    const compare = (tx: WriteTx, { faceId, digest }: Changes['own'][number]) =>
      this.#compareOwn(tx, faceId, digest, modelId, comparison);
    await inBatches(this.parts, changes.own, compare, rest);
    await inBatches(
      this.parts,
      changes.goneFaces,
      (tx, faceId) => this.#removeFace(tx, faceId, cursor),
      rest,
    );
    const isLast = !changes.more;
    if (isLast) {
      // Faces outside of the scope were enrolled here, or the scope was wider before. The server has a face as long as no
      // operation about it is pending and no other process left the server.
      const { outbox } = this.parts;
      const isKnown = async (tx: ReadTx, faceId: string): Promise<boolean> =>
        (await replica.isCurrent(tx, this.account, asked)) &&
        !(await outbox.hasFace(tx, faceId)) &&
        !(await outbox.hasNewFace(tx, faceId));
      await this.evict((collectionId) => !isInSignedScope(collectionId), isKnown);
      // The scope of the answer is not signed: anyone on the network may have changed it, so these removals are held.
      const isLeftOut = (collectionId: string): boolean =>
        isInSignedScope(collectionId) && !isInScope(collectionId);
      await this.#each(isLeftOut, async (tx, faceId) => {
        if (await isKnown(tx, faceId)) await this.removals.hold(tx, faceId, 'evicted', cursor);
      });
      const isWhole = (tx: ReadTx): Promise<boolean> =>
        replica.isWhole(tx, this.account, comparison, changes.applied);
      if (comparison !== 0) await this.#removeUnseen(isInScope, isWhole, cursor);
      await (confirmRemovals ? this.removals.confirm() : this.removals.settle(mostUnasked));
    }
    return await sql.write(async (tx) => {
      if (!(await replica.isCurrent(tx, this.account, asked))) return false;
      for (const conflictId of changes.goneConflicts)
        await this.parts.conflicts.end(tx, this.account, conflictId);
      for (const conflict of changes.conflicts.filter(({ collectionId }) => isInScope(collectionId))) {
        await this.parts.conflicts.put(tx, this.account, conflict);
      }
      // The server sends no face of a collection that is outside of the scope by now.
      const answered = new Set([...faces.map(({ faceId }) => faceId), ...changes.goneFaces]);
      const left = new Set(changes.left);
      for (const faceId of wanted)
        if (!answered.has(faceId) && !left.has(faceId)) await replica.unwant(tx, faceId);
      await replica.taken(tx, changes.cursor, changes.feedId, cursor === 0 ? (changes.horizon ?? 0) : null);
      // A server without any change cannot tell which device lags behind: such a device goes on comparing.
      if (
        isLast &&
        changes.cursor > 0 &&
        (await replica.isWhole(tx, this.account, comparison, changes.applied))
      ) {
        await replica.endComparison(tx);
      }
      return true;
    });
  }

  /**
   * Remove the faces of some collections that the server has, without tombstones.
   * @param isKnown whether the server has a face; asked again before each removal
   */
  async evict(
    isMeant: (collectionId: string) => boolean,
    isKnown: (tx: ReadTx, faceId: string) => Promise<boolean>,
  ): Promise<void> {
    await this.#each(isMeant, async (tx, faceId) => {
      if (await isKnown(tx, faceId)) await this.parts.remote.evictFace(tx, SERVER, this.account, faceId);
    });
  }

  /** Apply a change to every face of some collections. */
  async #each(
    isMeant: (collectionId: string) => boolean,
    work: (tx: WriteTx, faceId: string) => Promise<void>,
  ): Promise<void> {
    const { sql, collections, faces } = this.parts;
    const all = await sql.read(async (tx) => {
      const faceIds: string[][] = [];
      for (const { collectionId } of await collections.list(tx, this.account)) {
        if (!isMeant(collectionId)) continue;
        faceIds.push(await faces.ids(tx, await collections.id(tx, this.account, collectionId)));
      }
      return faceIds.flat();
    });
    await inBatches(this.parts, all, work);
  }

  /** Create or describe a collection, unless an operation about it is pending. */
  async putCollection(tx: WriteTx, collectionId: string, description: string | null): Promise<void> {
    const { collections, remote, outbox, trash } = this.parts;
    await this.removals.spare(tx, 'collection', collectionId);
    if (
      (await outbox.hasCollection(tx, collectionId)) ||
      (await trash.hasPendingDeletion(tx, this.account, collectionId))
    )
      return;
    if (!(await collections.has(tx, this.account, collectionId))) {
      await remote.createCollection(tx, SERVER, this.account, { collectionId, description });
    } else await remote.describeCollection(tx, SERVER, this.account, { collectionId, description });
  }

  /** The collection is empty at the server: keep only the faces that the server has yet to receive. */
  async #removeCollection(tx: WriteTx, collectionId: string, cursor: number): Promise<void> {
    const { collections, outbox } = this.parts;
    if (
      !(await collections.has(tx, this.account, collectionId)) ||
      (await outbox.hasCollection(tx, collectionId))
    )
      return;
    await this.removals.holdCollection(tx, collectionId, cursor);
  }

  async #putFace(
    tx: WriteTx,
    face: FaceRecord,
    { modelId, secret }: IntakeOptions,
    { comparing: comparison, cursor }: Asked,
  ): Promise<void> {
    const { outbox, records, remote, replica, tombstones } = this.parts;
    await replica.see(tx, this.account, 'face', face.faceId, comparison);
    await replica.unwant(tx, face.faceId);
    // A face deleted here has a pending deletion. A face changed here comes again from the server, with the change.
    if ((await tombstones.has(tx, this.account, face.faceId)) || (await outbox.hasFace(tx, face.faceId)))
      return;
    if (await this.removals.holdEmptied(tx, face, cursor)) return;
    await this.removals.spare(tx, 'face', face.faceId);
    const sound = await records.withoutUnsound(tx, this.account, face, secret);
    if (sound !== null) await this.#refused(tx, face, 'template-invalid');
    try {
      // A refusal undoes the part of the record that was taken in.
      await tx.part(() =>
        remote.putFace(tx, SERVER, this.account, { record: sound ?? face, modelId, secret }),
      );
    } catch (error) {
      const { code } = toErrorBody(asLintelError(error));
      // A fault of the machine may pass, so the exchange stops; a record that makes no sense is skipped.
      if (ERRORS[code].kind === 'fault' && code !== 'internal') throw error;
      await this.#refused(tx, face, code);
    }
  }

  async #refused(tx: WriteTx, { collectionId, faceId }: FaceRecord, code: ErrorCode): Promise<void> {
    const { audit } = this.parts;
    await audit.append(tx, SERVER, {
      kind: 'face-refused',
      account: this.account,
      collectionId,
      faceId,
      code,
    });
  }

  async #compareOwn(
    tx: WriteTx,
    faceId: string,
    digest: string,
    modelId: string,
    comparison: number,
  ): Promise<void> {
    const { records, outbox, replica, tombstones } = this.parts;
    await replica.see(tx, this.account, 'face', faceId, comparison);
    await this.removals.spare(tx, 'face', faceId);
    // A face that was deleted here, or that has a pending operation: the server has yet to receive the operation.
    if ((await tombstones.has(tx, this.account, faceId)) || (await outbox.hasFace(tx, faceId))) return;
    if ((await records.digest(tx, this.account, faceId, modelId)) === digest) return;
    await replica.want(tx, faceId);
  }

  async #removeFace(tx: WriteTx, faceId: string, cursor: number): Promise<void> {
    const { outbox, replica } = this.parts;
    await replica.unwant(tx, faceId);
    await replica.unsee(tx, faceId);
    // A face that the server does not have yet, or refused, was not deleted.
    if (!(await outbox.hasNewFace(tx, faceId))) await this.removals.hold(tx, faceId, 'deleted', cursor);
  }

  /**
   * After a comparison, remove the faces that the server did not list, and the collections outside of the scope.
   * @param isInScope whether the answer lists the faces of a collection
   * @param isWhole whether the answer still lists every face
   */
  async #removeUnseen(
    isInScope: (collectionId: string) => boolean,
    isWhole: (tx: ReadTx) => Promise<boolean>,
    cursor: number,
  ): Promise<void> {
    const { collections, faces, outbox, replica, sql } = this.parts;
    const list = await sql.read((tx) => collections.list(tx, this.account));
    for (const { collectionId } of list) {
      const isUnseen = async (tx: ReadTx, faceId: string) =>
        !(await replica.hasSeen(tx, 'face', faceId)) && !(await outbox.hasNewFace(tx, faceId));
      const unseen = await sql.read(async (tx) => {
        const faceIds: string[] = [];
        if (!isInScope(collectionId)) return faceIds;
        for (const faceId of await faces.ids(tx, await collections.id(tx, this.account, collectionId))) {
          if (await isUnseen(tx, faceId)) faceIds.push(faceId);
        }
        return faceIds;
      });
      await inBatches(this.parts, unseen, async (tx, faceId) => {
        if ((await isWhole(tx)) && (await isUnseen(tx, faceId)))
          await this.removals.hold(tx, faceId, 'deleted', cursor);
      });
      await sql.write(async (tx) => {
        const isUnseen = (await isWhole(tx)) && !(await replica.hasSeen(tx, 'collection', collectionId));
        if (isUnseen) await this.removals.holdEmptyCollection(tx, collectionId, cursor);
      });
    }
  }
}

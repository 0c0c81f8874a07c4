import { ERRORS, toErrorBody, type Changes, type ErrorCode, type FaceRecord } from '#contract';
import { inBatches, SERVER } from './batches.ts';
import { carries } from './carries.ts';
import type { Parts } from './parts.ts';
import { Removals } from './removals.ts';
import { asLintelError, type Asked } from '#core/store';

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
   * Once more from the start after a crash does no harm.
   * @param asked when the changes were asked for; `comparing` is not 0 while everything is being compared
   * @returns false when another process began anew, or to compare, meanwhile: then they are to be asked for again
   */
  async take(changes: Changes, options: IntakeOptions, asked: Asked): Promise<boolean> {
    const { replica, sql } = this.#parts;
    const { modelId, carried, signed, wanted, rest, confirmRemovals, mostUnasked } = options;
    const { cursor, comparing: comparison } = asked;
    const isCarried = carries(carried);
    const isSigned = carries(signed);
    await sql.write(() => {
      for (const { collectionId, description, gone } of changes.collections.filter(({ collectionId }) =>
        isCarried(collectionId),
      )) {
        if (gone) this.#removeCollection(collectionId, cursor);
        else {
          replica.see(this.#account, 'collection', collectionId, comparison);
          this.putCollection(collectionId, description);
        }
      }
    });
    const faces = changes.faces.filter(({ collectionId }) => isCarried(collectionId));
    await inBatches(this.#parts, faces, (face) => this.#putFace(face, options, asked), rest);
    const compare = ({ faceId, digest }: Changes['own'][number]) =>
      this.#compareOwn(faceId, digest, modelId, comparison);
    await inBatches(this.#parts, changes.own, compare, rest);
    await inBatches(this.#parts, changes.goneFaces, (faceId) => this.#removeFace(faceId, cursor), rest);
    const isLast = !changes.more;
    if (isLast) {
      // Somebody enrolled them here, or they were to be here before. Known as long as no other process left the server.
      const { outbox } = this.#parts;
      const isKnown = (faceId: string): boolean =>
        replica.isCurrent(this.#account, asked) && !outbox.hasFace(faceId) && !outbox.hasNewFace(faceId);
      await this.evict((collectionId) => !isSigned(collectionId), isKnown);
      // What only the answer says, anybody on the way may have said.
      const isLeftOut = (collectionId: string): boolean => isSigned(collectionId) && !isCarried(collectionId);
      await this.#each(isLeftOut, (faceId) => {
        if (isKnown(faceId)) this.removals.hold(faceId, 'evicted', cursor);
      });
      const isWhole = (): boolean => replica.isWhole(this.#account, comparison, changes.applied);
      if (comparison !== 0) await this.#removeUnseen(isCarried, isWhole, cursor);
      await (confirmRemovals ? this.removals.confirm() : this.removals.settle(mostUnasked));
    }
    return await sql.write(() => {
      if (!replica.isCurrent(this.#account, asked)) return false;
      for (const conflictId of changes.goneConflicts) this.#parts.conflicts.end(this.#account, conflictId);
      for (const conflict of changes.conflicts.filter(({ collectionId }) => isCarried(collectionId))) {
        this.#parts.conflicts.put(this.#account, conflict);
      }
      // Of those in collections that are not carried any more nothing comes.
      const told = new Set([...faces.map(({ faceId }) => faceId), ...changes.goneFaces]);
      const left = new Set(changes.left);
      for (const faceId of wanted) if (!told.has(faceId) && !left.has(faceId)) replica.unwant(faceId);
      replica.taken(changes.cursor, changes.feedId, cursor === 0 ? (changes.horizon ?? 0) : null);
      // While nothing ever happened at the server, it cannot tell who lags behind: whoever does goes on comparing.
      if (isLast && changes.cursor > 0 && replica.isWhole(this.#account, comparison, changes.applied)) {
        replica.endComparison();
      }
      return true;
    });
  }

  /**
   * Give up those in some collections whom the server has; they leave no tombstones.
   * @param isKnown whether the server has a face, looked at again as it goes
   */
  async evict(
    isMeant: (collectionId: string) => boolean,
    isKnown: (faceId: string) => boolean,
  ): Promise<void> {
    await this.#each(isMeant, (faceId) => {
      if (isKnown(faceId)) this.#parts.remote.evictFace(SERVER, this.#account, faceId);
    });
  }

  /** Something with everybody in some collections. */
  async #each(isMeant: (collectionId: string) => boolean, work: (faceId: string) => void): Promise<void> {
    const { sql, collections, faces } = this.#parts;
    const all = await sql.read(() =>
      collections
        .list(this.#account)
        .filter(({ collectionId }) => isMeant(collectionId))
        .flatMap(({ collectionId }) => faces.ids(collections.id(this.#account, collectionId))),
    );
    await inBatches(this.#parts, all, work);
  }

  /** Unless something about it waits to be told. Within a transaction. */
  putCollection(collectionId: string, description: string | null): void {
    const { collections, remote, outbox, trash } = this.#parts;
    this.removals.spare('collection', collectionId);
    if (outbox.hasCollection(collectionId) || trash.hasUntold(this.#account, collectionId)) return;
    if (!collections.has(this.#account, collectionId)) {
      remote.createCollection(SERVER, this.#account, collectionId, description);
    } else remote.describeCollection(SERVER, this.#account, collectionId, description);
  }

  /** There is nobody in it at the server: only those stay whom it does not know yet. */
  #removeCollection(collectionId: string, cursor: number): void {
    const { collections, outbox } = this.#parts;
    if (!collections.has(this.#account, collectionId) || outbox.hasCollection(collectionId)) return;
    this.removals.holdCollection(collectionId, cursor);
  }

  #putFace(
    face: FaceRecord,
    { modelId, secret }: IntakeOptions,
    { comparing: comparison, cursor }: Asked,
  ): void {
    const { outbox, records, remote, replica, sql, tombstones } = this.#parts;
    replica.see(this.#account, 'face', face.faceId, comparison);
    replica.unwant(face.faceId);
    // Deleted here: the server will hear of it. Changed here: the server will send it again, with that.
    if (tombstones.has(this.#account, face.faceId) || outbox.hasFace(face.faceId)) return;
    if (this.removals.holdEmptied(face, cursor)) return;
    this.removals.spare('face', face.faceId);
    const sound = records.withoutUnsound(this.#account, face, secret);
    if (sound !== null) this.#refused(face, 'template-invalid');
    try {
      // Undone by itself when it is refused half-way.
      sql.part(() => remote.putFace(SERVER, this.#account, sound ?? face, modelId, secret));
    } catch (error) {
      const { code } = toErrorBody(asLintelError(error));
      // What is wrong with the machine may be over the next time; what makes no sense holds up nobody else.
      if (ERRORS[code].kind === 'fault' && code !== 'internal') throw error;
      this.#refused(face, code);
    }
  }

  #refused({ collectionId, faceId }: FaceRecord, code: ErrorCode): void {
    const { audit } = this.#parts;
    audit.append(SERVER, { kind: 'face-refused', account: this.#account, collectionId, faceId, code });
  }

  #compareOwn(faceId: string, digest: string, modelId: string, comparison: number): void {
    const { records, outbox, replica, tombstones } = this.#parts;
    replica.see(this.#account, 'face', faceId, comparison);
    this.removals.spare('face', faceId);
    // Deleted here: the server will hear of it. Whom this appliance lacks, it decided about without having met.
    if (tombstones.has(this.#account, faceId) || outbox.hasFace(faceId)) return;
    if (records.digest(this.#account, faceId, modelId) === digest) return;
    replica.want(faceId);
  }

  #removeFace(faceId: string, cursor: number): void {
    const { outbox, replica } = this.#parts;
    replica.unwant(faceId);
    replica.unsee(faceId);
    // The server does not have it yet, or refused it: that is no deletion.
    if (!outbox.hasNewFace(faceId)) this.removals.hold(faceId, 'deleted', cursor);
  }

  /**
   * After comparing: whom the server did not name is not there. Collections go also when they are not to be here.
   * @param isCarried whether the server would have named who is in a collection
   * @param isWhole whether that may still be told from the answer
   */
  async #removeUnseen(
    isCarried: (collectionId: string) => boolean,
    isWhole: () => boolean,
    cursor: number,
  ): Promise<void> {
    const { collections, faces, outbox, replica, sql } = this.#parts;
    const list = await sql.read(() => collections.list(this.#account));
    for (const { collectionId } of list) {
      const isUnseen = (faceId: string) => !replica.hasSeen('face', faceId) && !outbox.hasNewFace(faceId);
      const unseen = await sql.read(() =>
        isCarried(collectionId)
          ? faces.ids(collections.id(this.#account, collectionId)).filter(isUnseen)
          : [],
      );
      await inBatches(this.#parts, unseen, (faceId) => {
        if (isWhole() && isUnseen(faceId)) this.removals.hold(faceId, 'deleted', cursor);
      });
      await sql.write(() => {
        const isUnseen = isWhole() && !replica.hasSeen('collection', collectionId);
        if (isUnseen) this.removals.holdEmptyCollection(collectionId, cursor);
      });
    }
  }
}

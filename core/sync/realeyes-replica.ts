import { LintelError, type ErrorCode } from '#contract';
import type { PendingOperation, ReadTx, RemoteFace } from '#core/store';
import { AccountPart } from './account-part.ts';

/** What is to be sent of a face; `repeated`: it may be there already. */
export interface Attempt {
  readonly picture: Uint8Array;
  readonly repeated: boolean;
  /** When it was sent before. */
  readonly attemptedAt: string | null;
  /** Whether the server's face may have its external key already. */
  readonly mayHaveExternalKey: boolean;
}

/**
 * An appliance's notes about a server that speaks the Realeyes API and nothing else: which operation comes next, and
 * under which ids the server has the faces. Errors besides those named: as of the store.
 */
export class RealeyesReplica extends AccountPart {
  /**
   * Before the first exchange with a server, and after the appliance joined again, the appliance does not know which of
   * the pending faces the server has.
   * @param server scheme, host and port
   * @returns the replica whose operations follow
   * @throws `sync-not-joined`
   */
  begin(server: string): Promise<string> {
    return this.parts.sql.write(async (tx) => {
      const { remoteFaces, replica } = this.parts;
      const { replicaId, feedId } = await replica.require(tx, this.account);
      await remoteFaces.keepOnly(tx, server);
      if (feedId !== server) {
        await remoteFaces.doubtPending(tx, server);
        await replica.setFeed(tx, server);
      }
      return replicaId;
    });
  }

  /**
   * The oldest operation that waits, or null.
   * @param replicaId as of {@link begin}
   * @throws `sync-not-joined` when the appliance left or joined again meanwhile: then it is for another server
   */
  next(replicaId: string): Promise<PendingOperation | null> {
    return this.parts.sql.read(async (tx) => {
      await this.#requireSame(tx, replicaId);
      return (await this.parts.outbox.first(tx, 1))[0] ?? null;
    });
  }

  /**
   * An operation is done, or refused for good.
   * @throws `sync-not-joined` when the appliance left or joined again meanwhile: then the number is another operation's
   */
  settle(
    replicaId: string,
    { number, kind, faceId }: PendingOperation,
    refusal: ErrorCode | null,
  ): Promise<void> {
    return this.parts.sql.write(async (tx) => {
      const { outbox, parked, remoteFaces } = this.parts;
      await this.#requireSame(tx, replicaId);
      if (refusal !== null) {
        await parked.add(tx, number, refusal);
        const isAbsent = faceId !== null && ((await remoteFaces.get(tx, faceId))?.remoteId ?? null) === null;
        if (kind === 'face-added' && isAbsent) await remoteFaces.remove(tx, this.account, faceId);
      }
      await outbox.acknowledge(tx, number);
    });
  }

  /**
   * Note that the picture of a face is about to be sent.
   * @returns null when the face was deleted meanwhile, what to send otherwise
   * @throws `picture-missing`
   */
  attempt(server: string, faceId: string): Promise<Attempt | null> {
    return this.parts.sql.write(async (tx) => {
      const { biometrics, faces, remoteFaces } = this.parts;
      const place = await faces.place(tx, this.account, faceId);
      if (place === null) return null;
      const before = await remoteFaces.get(tx, faceId);
      const picture = before?.picture ?? (await biometrics.bestImage(tx, this.account, place.face));
      if (picture === null) throw new LintelError('picture-missing');
      await remoteFaces.attempt(tx, server, place.collectionId, faceId, picture);
      const { attemptedAt = null, mayHaveExternalKey = false } = before ?? {};
      return { picture, repeated: before !== null, attemptedAt, mayHaveExternalKey };
    });
  }

  /** Null when nothing of the face was sent. */
  remoteFace(faceId: string): Promise<RemoteFace | null> {
    return this.parts.sql.read((tx) => this.parts.remoteFaces.get(tx, faceId));
  }

  /** Faces whose picture was sent without an answer. */
  unanswered(): Promise<string[]> {
    return this.parts.sql.read((tx) => this.parts.remoteFaces.unanswered(tx));
  }

  /** The server has a face of this appliance under this id. */
  found(faceId: string, remoteId: string): Promise<void> {
    return this.parts.sql.write((tx) => this.parts.remoteFaces.found(tx, this.account, faceId, remoteId));
  }

  /** The server does not have a face of this appliance, or no longer. */
  absent(faceId: string): Promise<void> {
    return this.parts.sql.write((tx) => this.parts.remoteFaces.remove(tx, this.account, faceId));
  }

  /** Faces of this appliance, also deleted ones, that the server has under an id. */
  localFaces(collectionId: string, remoteId: string): Promise<string[]> {
    return this.parts.sql.read((tx) => this.parts.remoteFaces.withRemoteId(tx, collectionId, remoteId));
  }

  /** Of those faces that are here: whether one has this external key. */
  hasExternalKey(faceIds: readonly string[], externalKey: string): Promise<boolean> {
    return this.parts.sql.read(async (tx) => {
      const { faces } = this.parts;
      for (const faceId of faceIds) {
        const place = await faces.place(tx, this.account, faceId);
        if (place === null) continue;
        if ((await faces.get(tx, place.collection, faceId)).externalKey === externalKey) return true;
      }
      return false;
    });
  }

  async #requireSame(tx: ReadTx, replicaId: string): Promise<void> {
    const state = await this.parts.replica.require(tx, this.account);
    if (state.replicaId !== replicaId) throw new LintelError('sync-not-joined');
  }
}

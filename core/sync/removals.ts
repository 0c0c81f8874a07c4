import { z } from 'zod';
import type { FaceRecord } from '#contract';
import type { Manner, ReadTx, WriteTx } from '#core/store';
import { inBatches, SERVER } from './batches.ts';
import { AccountPart } from './account-part.ts';

/** How many faces the server may remove in a day without an operator: this number, or this share of all faces. */
const UNASKED = { fewest: 10, share: 0.2 } as const;

const DAY_MS = 86_400_000;

/** The store's secret that counts what was removed within a day. */
const RECENT = 'sync.removals';
const Recent = z.object({ since: z.number(), count: z.int().nonnegative() });

/**
 * The removals that a server asks of its appliance. An exchange gathers all of its removals and applies them together, so
 * that a broken or hostile server cannot empty an appliance: more than {@link UNASKED} wait for an operator, and every
 * face is recognised meanwhile.
 */
export class Removals extends AccountPart {
  /** @param cursor up to where the changes were read before */
  hold(tx: WriteTx, faceId: string, manner: Manner, cursor: number): void {
    if (this.parts.faces.place(tx, this.account, faceId) === null) return;
    this.parts.held.hold(tx, faceId, manner, cursor);
  }

  /** Hold the removal of a collection and of its faces that the server has. */
  holdCollection(tx: WriteTx, collectionId: string, cursor: number): void {
    const { collections, held } = this.parts;
    held.holdFaces(tx, collections.id(tx, this.account, collectionId), cursor);
    this.holdEmptyCollection(tx, collectionId, cursor);
  }

  /** Hold the removal of a collection; it is removed once it has no faces. */
  holdEmptyCollection(tx: WriteTx, collectionId: string, cursor: number): void {
    this.parts.held.holdCollection(tx, collectionId, cursor);
  }

  /**
   * Hold a face whose record at the server keeps none of the references here: the face could not be recognised any more.
   * @returns whether it is held; not once an operator has agreed
   */
  holdEmptied(tx: WriteTx, { faceId, references }: FaceRecord, cursor: number): boolean {
    const { faces, held, records } = this.parts;
    const place = faces.place(tx, this.account, faceId);
    if (place === null) return false;
    const present = records.uids(tx, place.face);
    const uids = new Set(references.map(({ uid }) => uid));
    if (present.length === 0 || present.some((uid) => uids.has(uid))) return false;
    if (held.isAgreed(tx, faceId)) return false;
    this.hold(tx, faceId, 'emptied', cursor);
    return true;
  }

  /** The server lists a record: its removal is called off. */
  spare(tx: WriteTx, kind: 'face' | 'collection', id: string): void {
    this.parts.held.spare(tx, kind, id);
  }

  spareAll(tx: WriteTx): void {
    this.parts.held.spareAll(tx);
  }

  /** How many faces are held, and the cursor up to which changes may be confirmed because of them. */
  held(tx: ReadTx): { count: number; cursor: number | null } {
    return this.parts.held.count(tx);
  }

  /**
   * Apply the held removals, unless there are too many.
   * @param mostUnasked how many of so many faces may be removed without an operator
   */
  async settle(mostUnasked: (people: number) => number = unasked): Promise<void> {
    const { sql, collections, faces } = this.parts;
    const isFew = await sql.read((tx) => {
      const recent = this.#recent(tx);
      const { count } = this.held(tx);
      const people = collections
        .list(tx, this.account)
        .map(({ collectionId }) => faces.count(tx, collections.id(tx, this.account, collectionId)))
        .reduce((sum, each) => sum + each, 0);
      return recent.count + count <= mostUnasked(people + recent.count);
    });
    if (isFew) await this.#carryOut(true);
  }

  /** An operator, or the policy, has agreed: apply the held removals. @returns how many faces were removed */
  async confirm(): Promise<number> {
    const { count } = await this.parts.sql.write((tx) => {
      this.parts.secrets.set(tx, RECENT, null);
      return this.held(tx);
    });
    await this.#carryOut(false);
    return count;
  }

  async #carryOut(counts: boolean): Promise<void> {
    const { collections, faces, held, outbox, remote, replica, sql, trash } = this.parts;
    await inBatches(this.parts, await sql.read((tx) => held.list(tx, 'face')), (tx, { id, manner }) => {
      // The removal was called off meanwhile, or the face was enrolled again and the server does not have it yet.
      if (!held.has(tx, id)) return;
      if (counts) this.#count(tx);
      if (manner === 'emptied') {
        held.agree(tx, id);
        replica.want(tx, id);
        return;
      }
      this.spare(tx, 'face', id);
      if (outbox.hasNewFace(tx, id)) return;
      if (manner === 'evicted') {
        remote.evictFace(tx, SERVER, this.account, id);
        return;
      }
      outbox.void(tx, id);
      remote.deleteFaces(tx, SERVER, this.account, [id]);
    });
    await sql.write((tx) => {
      for (const { id } of held.list(tx, 'collection')) {
        this.spare(tx, 'collection', id);
        const isLeft =
          collections.has(tx, this.account, id) &&
          !outbox.hasCollection(tx, id) &&
          faces.count(tx, collections.id(tx, this.account, id)) === 0;
        if (isLeft) remote.deleteCollection(tx, SERVER, this.account, id);
      }
    });
    await trash.empty();
  }

  #recent(tx: ReadTx): z.infer<typeof Recent> {
    const bytes = this.parts.secrets.get(tx, RECENT);
    const now = Date.now();
    const recent = bytes === null ? null : Recent.parse(JSON.parse(bytes.toString()));
    if (recent === null || now >= recent.since + DAY_MS) return { since: now, count: 0 };
    // A clock that is set back lets no further face go.
    return { since: Math.min(now, recent.since), count: recent.count };
  }

  #count(tx: WriteTx): void {
    const { since, count } = this.#recent(tx);
    this.parts.secrets.set(tx, RECENT, Buffer.from(JSON.stringify({ since, count: count + 1 })));
  }
}

const unasked = (people: number): number => Math.max(UNASKED.fewest, Math.floor(UNASKED.share * people));

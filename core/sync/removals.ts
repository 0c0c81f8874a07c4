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
  async hold(tx: WriteTx, faceId: string, manner: Manner, cursor: number): Promise<void> {
    if ((await this.parts.faces.place(tx, this.account, faceId)) === null) return;
    await this.parts.held.hold(tx, faceId, manner, cursor);
  }

  /** Hold the removal of a collection and of its faces that the server has. */
  async holdCollection(tx: WriteTx, collectionId: string, cursor: number): Promise<void> {
    const { collections, held } = this.parts;
    await held.holdFaces(tx, await collections.id(tx, this.account, collectionId), cursor);
    await this.holdEmptyCollection(tx, collectionId, cursor);
  }

  /** Hold the removal of a collection; it is removed once it has no faces. */
  async holdEmptyCollection(tx: WriteTx, collectionId: string, cursor: number): Promise<void> {
    await this.parts.held.holdCollection(tx, collectionId, cursor);
  }

  /**
   * Hold a face whose record at the server keeps none of the references here: the face could not be recognised any more.
   * @returns whether it is held; not once an operator has agreed
   */
  async holdEmptied(tx: WriteTx, { faceId, references }: FaceRecord, cursor: number): Promise<boolean> {
    const { faces, held, records } = this.parts;
    const place = await faces.place(tx, this.account, faceId);
    if (place === null) return false;
    const present = await records.uids(tx, place.face);
    const uids = new Set(references.map(({ uid }) => uid));
    if (present.length === 0 || present.some((uid) => uids.has(uid))) return false;
    if (await held.isAgreed(tx, faceId)) return false;
    await this.hold(tx, faceId, 'emptied', cursor);
    return true;
  }

  /** The server lists a record: its removal is called off. */
  async spare(tx: WriteTx, kind: 'face' | 'collection', id: string): Promise<void> {
    await this.parts.held.spare(tx, kind, id);
  }

  async spareAll(tx: WriteTx): Promise<void> {
    await this.parts.held.spareAll(tx);
  }

  /** How many faces are held, and the cursor up to which changes may be confirmed because of them. */
  held(tx: ReadTx): Promise<{ count: number; cursor: number | null }> {
    return this.parts.held.count(tx);
  }

  /**
   * Apply the held removals, unless there are too many.
   * @param mostUnasked how many of so many faces may be removed without an operator
   */
  async settle(mostUnasked: (people: number) => number = unasked): Promise<void> {
    const { sql, collections, faces } = this.parts;
    const isFew = await sql.read(async (tx) => {
      const recent = await this.#recent(tx);
      const { count } = await this.held(tx);
      let people = 0;
      for (const { collectionId } of await collections.list(tx, this.account)) {
        people += await faces.count(tx, await collections.id(tx, this.account, collectionId));
      }
      return recent.count + count <= mostUnasked(people + recent.count);
    });
    if (isFew) await this.#carryOut(true);
  }

  /** An operator, or the policy, has agreed: apply the held removals. @returns how many faces were removed */
  async confirm(): Promise<number> {
    const { count } = await this.parts.sql.write(async (tx) => {
      await this.parts.secrets.set(tx, RECENT, null);
      return await this.held(tx);
    });
    await this.#carryOut(false);
    return count;
  }

  async #carryOut(counts: boolean): Promise<void> {
    const { collections, faces, held, outbox, remote, replica, sql, trash } = this.parts;
    await inBatches(this.parts, await sql.read((tx) => held.list(tx, 'face')), async (tx, { id, manner }) => {
      // The removal was called off meanwhile, or the face was enrolled again and the server does not have it yet.
      if (!(await held.has(tx, id))) return;
      if (counts) await this.#count(tx);
      if (manner === 'emptied') {
        await held.agree(tx, id);
        await replica.want(tx, id);
        return;
      }
      await this.spare(tx, 'face', id);
      if (await outbox.hasNewFace(tx, id)) return;
      if (manner === 'evicted') {
        await remote.evictFace(tx, SERVER, this.account, id);
        return;
      }
      await outbox.void(tx, id);
      await remote.deleteFaces(tx, SERVER, this.account, [id]);
    });
    await sql.write(async (tx) => {
      for (const { id } of await held.list(tx, 'collection')) {
        await this.spare(tx, 'collection', id);
        const isLeft =
          (await collections.has(tx, this.account, id)) &&
          !(await outbox.hasCollection(tx, id)) &&
          (await faces.count(tx, await collections.id(tx, this.account, id))) === 0;
        if (isLeft) await remote.deleteCollection(tx, SERVER, this.account, id);
      }
    });
    await trash.empty();
  }

  async #recent(tx: ReadTx): Promise<z.infer<typeof Recent>> {
    const bytes = await this.parts.secrets.get(tx, RECENT);
    const now = Date.now();
    const recent = bytes === null ? null : Recent.parse(JSON.parse(bytes.toString()));
    if (recent === null || now >= recent.since + DAY_MS) return { since: now, count: 0 };
    // A clock that is set back lets no further face go.
    return { since: Math.min(now, recent.since), count: recent.count };
  }

  async #count(tx: WriteTx): Promise<void> {
    const { since, count } = await this.#recent(tx);
    await this.parts.secrets.set(tx, RECENT, Buffer.from(JSON.stringify({ since, count: count + 1 })));
  }
}

const unasked = (people: number): number => Math.max(UNASKED.fewest, Math.floor(UNASKED.share * people));

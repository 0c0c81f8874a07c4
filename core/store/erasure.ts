import {
  AuditRecord,
  LintelError,
  type Actor,
  type AuditEntry,
  type ErasedFace,
  type ErasureReceipt,
} from '#contract';
import { headOf, signReceipt } from '#core/audit';
import type { Forgetting } from './engine.ts';
import type { AuditTable } from './tables/audit-table.ts';
import type { Collections } from './tables/collections.ts';
import type { Faces } from './tables/faces.ts';
import type { Particulars } from './tables/particulars.ts';
import type { Profiles } from './tables/profiles.ts';
import type { ReplyTable } from './tables/reply-table.ts';
import type { Tombstones } from './tables/tombstones.ts';
import { forgetEvents } from './tables/waiting-events.ts';
import type { WriteTx } from './sql/transactions.ts';

/** What a deletion touches. */
export interface ErasureParts {
  readonly forgetting: Forgetting | null;
  readonly audit: AuditTable;
  readonly tombstones: Tombstones;
  readonly collections: Collections;
  readonly faces: Faces;
  readonly particulars: Particulars;
  readonly profiles: Profiles;
  readonly replies: ReplyTable;
}

/** What a deletion leaves: a line in the audit log, tombstones, a receipt. */
export class Erasure {
  readonly #parts: ErasureParts;

  constructor(parts: ErasureParts) {
    this.#parts = parts;
  }

  /**
   * Deletes faces that are there, and what may name them: the account's answers, and events that wait.
   * @returns the bytes by which traces of them could be found, or null where nobody knows: answers spell keys their way, documents say anything, and sign-ins came from anywhere
   */
  async remove(tx: WriteTx, account: string, faces: readonly ErasedFace[]): Promise<Buffer[] | null> {
    const traces: Buffer[] = [];
    let areKnown = true;
    for (const { collectionId, faceId } of faces) {
      const collection = await this.#parts.collections.id(tx, account, collectionId);
      traces.push(...(await this.#parts.faces.traces(tx, collection, faceId)));
      if (await this.#parts.particulars.hasDocument(tx, collection, faceId)) areKnown = false;
      if (await this.#parts.profiles.has(tx, collection, faceId)) areKnown = false;
      if ((await forgetEvents(tx, account, faceId)) > 0) areKnown = false;
      await this.#parts.faces.delete(tx, collection, faceId);
      await this.#parts.collections.changed(tx, collection);
    }
    return (await this.#parts.replies.forget(tx, account)) > 0 || !areKnown ? null : traces;
  }

  /** Record that faces were deleted. @returns the number of the line in the audit log */
  async bury(
    tx: WriteTx,
    actor: Actor,
    account: string,
    faces: readonly ErasedFace[],
    entry: AuditEntry,
  ): Promise<number> {
    const { n } = await this.#parts.audit.append(tx, actor, entry);
    await this.#parts.tombstones.add(tx, account, faces, new Date().toISOString(), n);
    return n;
  }

  /** Forget what may name faces that are gone. @returns whether there was something */
  async forget(tx: WriteTx, account: string, faceIds: readonly string[]): Promise<boolean> {
    let events = 0;
    for (const faceId of faceIds) events += await forgetEvents(tx, account, faceId);
    return (await this.#parts.replies.forget(tx, account)) + events > 0;
  }

  /**
   * Signs that faces are gone, as line `n` of the audit log records.
   * @throws `face-not-found` for a line that was pruned; `erasure-without-receipt`
   */
  async receipt(
    tx: WriteTx,
    account: string,
    faces: readonly ErasedFace[],
    n: number,
  ): Promise<ErasureReceipt> {
    const [row] = await this.#parts.audit.lines(tx, n - 1, 1);
    if (row?.n !== n) throw new LintelError('face-not-found', '(the audit log no longer reaches back to it)');
    const { at, actor } = AuditRecord.parse(JSON.parse(row.line));
    await this.#parts.audit.checkpoint(tx);
    const erasure = { account, faces: [...faces], at, by: actor, audit: headOf(n, row.line) };
    const faceIds = faces.map(({ faceId }) => faceId);
    const keysDestroyedAt = await this.#parts.forgetting?.keysDestroyedAt(tx, account, faceIds);
    return signReceipt({ ...erasure, keysDestroyedAt }, await this.#parts.audit.deviceKey(tx));
  }
}

import {
  AuditRecord,
  LintelError,
  type Actor,
  type AuditEntry,
  type ErasedFace,
  type ErasureReceipt,
} from '#contract';
import { headOf, signReceipt } from '#core/audit';
import type { AuditTable } from './tables/audit-table.ts';
import type { Collections } from './tables/collections.ts';
import type { Faces } from './tables/faces.ts';
import type { Particulars } from './tables/particulars.ts';
import type { ReplyTable } from './tables/reply-table.ts';
import type { Tombstones } from './tables/tombstones.ts';

/** What a deletion leaves: a line in the audit log, tombstones, a receipt. Call within a transaction. */
export class Erasure {
  readonly #audit: AuditTable;
  readonly #tombstones: Tombstones;
  readonly #collections: Collections;
  readonly #faces: Faces;
  readonly #particulars: Particulars;
  readonly #replies: ReplyTable;

  constructor(
    audit: AuditTable,
    tombstones: Tombstones,
    collections: Collections,
    faces: Faces,
    particulars: Particulars,
    replies: ReplyTable,
  ) {
    this.#audit = audit;
    this.#tombstones = tombstones;
    this.#collections = collections;
    this.#faces = faces;
    this.#particulars = particulars;
    this.#replies = replies;
  }

  /**
   * Deletes faces that are there, and the account's answers, which may name their external keys.
   * @returns the bytes by which traces of them could be found, or null where nobody knows: answers spell keys their way, and documents say anything
   */
  remove(account: string, faces: readonly ErasedFace[]): Buffer[] | null {
    const traces: Buffer[] = [];
    let areKnown = true;
    for (const { collectionId, faceId } of faces) {
      const collection = this.#collections.id(account, collectionId);
      traces.push(...this.#faces.traces(collection, faceId));
      if (this.#particulars.hasDocument(collection, faceId)) areKnown = false;
      this.#faces.delete(collection, faceId);
      this.#collections.changed(collection);
    }
    return this.#replies.forget(account) > 0 || !areKnown ? null : traces;
  }

  /** Record that faces were deleted. @returns the number of the line in the audit log */
  bury(actor: Actor, account: string, faces: readonly ErasedFace[], entry: AuditEntry): number {
    const { n } = this.#audit.append(actor, entry);
    this.#tombstones.add(account, faces, new Date().toISOString(), n);
    return n;
  }

  /** Signs that faces are gone, as line `n` of the audit log records. @throws `face-not-found` for a line that was pruned */
  receipt(account: string, faces: readonly ErasedFace[], n: number): ErasureReceipt {
    const [row] = this.#audit.lines(n - 1, 1);
    if (row?.n !== n) throw new LintelError('face-not-found', '(the audit log no longer reaches back to it)');
    const { at, actor } = AuditRecord.parse(JSON.parse(row.line));
    this.#audit.checkpoint();
    const erasure = { account, faces: [...faces], at, by: actor, audit: headOf(n, row.line) };
    return signReceipt(erasure, this.#audit.deviceKey());
  }
}

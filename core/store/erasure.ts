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
import type { Profiles } from './tables/profiles.ts';
import type { ReplyTable } from './tables/reply-table.ts';
import type { Tombstones } from './tables/tombstones.ts';
import type { WebhookTable } from './tables/webhook-table.ts';
import type { WriteTx } from './file/transactions.ts';

/** What a deletion touches. */
export interface ErasureParts {
  readonly audit: AuditTable;
  readonly tombstones: Tombstones;
  readonly collections: Collections;
  readonly faces: Faces;
  readonly particulars: Particulars;
  readonly profiles: Profiles;
  readonly replies: ReplyTable;
  readonly webhooks: WebhookTable;
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
  remove(tx: WriteTx, account: string, faces: readonly ErasedFace[]): Buffer[] | null {
    const traces: Buffer[] = [];
    let areKnown = true;
    for (const { collectionId, faceId } of faces) {
      const collection = this.#parts.collections.id(tx, account, collectionId);
      traces.push(...this.#parts.faces.traces(tx, collection, faceId));
      if (this.#parts.particulars.hasDocument(tx, collection, faceId)) areKnown = false;
      if (this.#parts.profiles.has(tx, collection, faceId)) areKnown = false;
      if (this.#parts.webhooks.forget(tx, account, faceId) > 0) areKnown = false;
      this.#parts.faces.delete(tx, collection, faceId);
      this.#parts.collections.changed(tx, collection);
    }
    return this.#parts.replies.forget(tx, account) > 0 || !areKnown ? null : traces;
  }

  /** Record that faces were deleted. @returns the number of the line in the audit log */
  bury(tx: WriteTx, actor: Actor, account: string, faces: readonly ErasedFace[], entry: AuditEntry): number {
    const { n } = this.#parts.audit.append(tx, actor, entry);
    this.#parts.tombstones.add(tx, account, faces, new Date().toISOString(), n);
    return n;
  }

  /** Forget what may name faces that are gone. @returns whether there was something */
  forget(tx: WriteTx, account: string, faceIds: readonly string[]): boolean {
    const events = faceIds.reduce((sum, faceId) => sum + this.#parts.webhooks.forget(tx, account, faceId), 0);
    return this.#parts.replies.forget(tx, account) + events > 0;
  }

  /** Signs that faces are gone, as line `n` of the audit log records. @throws `face-not-found` for a line that was pruned */
  receipt(tx: WriteTx, account: string, faces: readonly ErasedFace[], n: number): ErasureReceipt {
    const [row] = this.#parts.audit.lines(tx, n - 1, 1);
    if (row?.n !== n) throw new LintelError('face-not-found', '(the audit log no longer reaches back to it)');
    const { at, actor } = AuditRecord.parse(JSON.parse(row.line));
    this.#parts.audit.checkpoint(tx);
    const erasure = { account, faces: [...faces], at, by: actor, audit: headOf(n, row.line) };
    return signReceipt(erasure, this.#parts.audit.deviceKey(tx));
  }
}

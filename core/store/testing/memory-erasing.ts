import { AuditRecord, LintelError, type ErasureReceipt } from '#contract';
import { headOf, openDeviceKey, signReceipt } from '#core/audit';
import type { MemoryPlace } from './memory-place.ts';

/** Forget what may name faces that are gone. */
export function forgetNotes(place: MemoryPlace, account: string, faceIds: readonly string[]): void {
  const { replies, deliveries } = place.rows;
  for (const [name, reply] of replies) if (reply.account === account) replies.delete(name);
  for (const [id, each] of deliveries) {
    if (each.account === account && faceIds.includes(each.subject)) deliveries.delete(id);
  }
}

/** Signs that faces are gone, as line `n` of the audit log records. @throws `face-not-found` for a line that was pruned */
export function receiptOf(
  place: MemoryPlace,
  account: string,
  faces: ErasureReceipt['faces'],
  n: number,
): ErasureReceipt {
  const line = place.lines[n - place.firstLine];
  if (line === undefined) throw new LintelError('face-not-found');
  const { at, actor } = AuditRecord.parse(JSON.parse(line));
  place.checkpoint();
  const key = openDeviceKey(place.rows.secrets.get('device-key')!);
  return signReceipt({ account, faces, at, by: actor, audit: headOf(n, line) }, key);
}

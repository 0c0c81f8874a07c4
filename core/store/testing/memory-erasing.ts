import { AuditRecord, LintelError, type Actor, type ErasureReceipt } from '#contract';
import { headOf, openDeviceKey, signReceipt } from '#core/audit';
import type { MemoryPlace } from './memory-place.ts';
import type { GoneFace } from './memory-rows.ts';

/** Forget what may name faces that are gone. */
export function forgetNotes(place: MemoryPlace, account: string, faceIds: readonly string[]): void {
  const { replies } = place.rows;
  for (const [name, reply] of replies) if (reply.account === account) replies.delete(name);
  place.forgetEvents(account, faceIds);
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

/** Erase faces that are here although receipts name them, and keep all of them from coming. @returns how many were here */
export function eraseAgain(place: MemoryPlace, actor: Actor, gone: readonly GoneFace[]): number {
  const { faces, tombstones } = place.rows;
  let count = 0;
  for (const { account, collectionId, faceId } of gone) {
    const name = `${account} ${faceId}`;
    if (tombstones.has(name)) continue;
    const { n } = place.record(actor, { kind: 'erased', account, faces: [{ collectionId, faceId }] });
    const found = [...faces.values()].find(
      (face) => face.faceId === faceId && place.accountOf(face) === account,
    );
    forgetNotes(place, account, [faceId]);
    if (found === undefined) {
      const deletedAt = new Date().toISOString();
      tombstones.set(name, { account, faceId, collectionId, deletedAt, line: n });
    } else place.bury(found, n);
    count += Number(found !== undefined);
  }
  return count;
}

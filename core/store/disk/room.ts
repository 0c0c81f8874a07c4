import { statfsSync } from 'node:fs';
import { LintelError } from '#contract';

/** Enrolments leave so much room on the disk: for deletions, decisions in the audit log, and moving the log over. */
export const RESERVE_BYTES = 16 * 2 ** 20;

/** @throws LintelError `store-full` when a folder's disk has no more than the reserve */
export function requireRoom(folder: string): void {
  const { bavail, bsize } = statfsSync(folder);
  if (bavail * bsize < RESERVE_BYTES) throw new LintelError('store-full');
}

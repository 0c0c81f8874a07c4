import { toErrorBody, type AuditEntry } from '#contract';
import { evenUnsynced, isUnwritableNow, type AuditLog } from '#core/store';
import type { Log } from './log.ts';

/** Writes an entry of the audit log. Never rejects for a disk that takes nothing or a held store: recognition goes on. */
export type Record = (entry: AuditEntry) => Promise<void>;

/** Entries that could not be written are counted, and the next one that can be is preceded by their number. */
export function createRecorder(audit: AuditLog, log: Log): Record {
  let missed = 0;

  /** An entry that the disk has not confirmed is in the log all the same: it is not missed. */
  const append = (entry: AuditEntry): Promise<void> =>
    evenUnsynced(audit.append(entry), ({ code }) =>
      log.error({ code }, 'in the audit log, but the disk has not confirmed it'),
    );

  return async (entry) => {
    // Taken at once: of several entries at the same time one tells how many are missing.
    let untold = missed;
    missed = 0;
    try {
      if (untold > 0) await append({ kind: 'audit-gap', missed: untold });
      untold = 0;
      await append(entry);
    } catch (error) {
      missed += untold;
      if (!isUnwritableNow(error)) throw error;
      missed += 1;
      log.error({ code: toErrorBody(error).code, missed }, 'not in the audit log');
    }
  };
}

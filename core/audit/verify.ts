import { AuditEntry, AuditRecord, type AuditHead } from '#contract';
import { EMPTY_LOG, headOf } from './chain.ts';
import { verifySignature } from './device-key.ts';

export interface VerifyOptions {
  /** Of the device that wrote the log. */
  readonly publicKey: string;
  /** Heads known from elsewhere (an earlier export, a receipt, the server): the log must still contain them. */
  readonly anchors?: readonly AuditHead[];
}

/** What was found. The log is sound when there is no problem; lines after the last checkpoint are not signed yet. */
export interface AuditReport {
  readonly lines: number;
  readonly head: AuditHead;
  readonly checkpoints: number;
  readonly unsigned: number;
  /** The first thing that is wrong, with the number of the line in the log as given, from 1. */
  readonly problem: { readonly line: number; readonly what: string } | null;
}

/**
 * Follow the chain of an audit log from its first line to its last.
 *
 * Finds every edited, removed, added or reordered line before the last checkpoint. Of the lines after it, and of a log
 * cut right behind an earlier checkpoint, only anchors tell. A log whose beginning the retention policy removed starts
 * with a checkpoint, and a later line says so.
 */
export async function verifyLog(
  lines: Iterable<string> | AsyncIterable<string>,
  { publicKey, anchors = [] }: VerifyOptions,
): Promise<AuditReport> {
  let head = EMPTY_LOG;
  let count = 0;
  let checkpoints = 0;
  let unsigned = 0;
  /** The last line that is missing at the beginning, until an entry explains it. */
  let missing = 0;
  const sought = new Map(anchors.filter(({ n }) => n > 0).map(({ n, hash }) => [n, hash]));
  const report = (what?: string): AuditReport => ({
    lines: count,
    head,
    checkpoints,
    unsigned,
    problem: what === undefined ? null : { line: count, what },
  });

  for await (const line of lines) {
    count++;
    const record = parse(line);
    if (record === null) return report('The line is not one that Lintel wrote.');
    const isCheckpoint = record.entry.kind === 'checkpoint';
    if (isCheckpoint && !isSigned(record, publicKey))
      return report('The checkpoint is not signed by this device.');
    if (count === 1 && record.n > 1 && isCheckpoint) missing = record.n - 1;
    else if (record.n !== head.n + 1) return report(`Entry ${head.n + 1} is missing or out of order.`);
    else if (record.previous !== head.hash) return report('The line does not follow from the one before.');

    head = headOf(record.n, line);
    checkpoints += isCheckpoint ? 1 : 0;
    unsigned = isCheckpoint ? 0 : unsigned + 1;
    if (prunedThrough(record) >= missing) missing = 0;
    const anchored = sought.get(record.n);
    if (anchored !== undefined && anchored !== head.hash) return report('The line differs from its anchor.');
  }
  if (missing > 0) return report('The beginning of the log is missing.');
  const lost = [...sought.keys()].find((n) => n > head.n);
  if (lost !== undefined) return report(`The log is cut short: it must reach entry ${lost}.`);
  return report();
}

/** A record, if the line is exactly its text. */
function parse(line: string): AuditRecord | null {
  try {
    const value: unknown = JSON.parse(line);
    const record = AuditRecord.safeParse(value);
    return record.success && JSON.stringify(value) === line ? record.data : null;
  } catch {
    return null;
  }
}

function isSigned({ signature, ...unsigned }: AuditRecord, publicKey: string): boolean {
  return (
    signature !== undefined &&
    verifySignature(publicKey, 'audit-checkpoint', JSON.stringify(unsigned), signature)
  );
}

function prunedThrough({ entry }: AuditRecord): number {
  const parsed = AuditEntry.safeParse(entry);
  return parsed.success && parsed.data.kind === 'audit-pruned' ? parsed.data.through : 0;
}

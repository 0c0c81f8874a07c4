import { createHash } from 'node:crypto';
import { AuditEntry, type Actor, type AuditHead, type AuditRecord } from '#contract';
import type { DeviceKey } from './device-key.ts';

/** Before the first line. */
export const EMPTY_LOG: AuditHead = { n: 0, hash: '0'.repeat(64) };

/** A line of the log without its line break, and the head that it makes. */
export interface Link {
  readonly line: string;
  readonly head: AuditHead;
}

/** The line that records `entry` after `head`. @throws ZodError for what is not an entry */
export function link(head: AuditHead, at: Date, actor: Actor, entry: AuditEntry): Link {
  return linked(record(head, at, actor, AuditEntry.parse(entry)));
}

/** A signed checkpoint after `head`: vouches for every line before it. */
export function linkCheckpoint(head: AuditHead, at: Date, key: DeviceKey): Link {
  const unsigned = record(head, at, 'device', { kind: 'checkpoint' });
  return linked({ ...unsigned, signature: key.sign('audit-checkpoint', JSON.stringify(unsigned)) });
}

/** The head that a line makes. */
export const headOf = (n: number, line: string): AuditHead => ({
  n,
  hash: createHash('sha256').update(line).digest('hex'),
});

const record = (head: AuditHead, at: Date, actor: Actor, entry: AuditEntry): AuditRecord => ({
  n: head.n + 1,
  at: at.toISOString(),
  previous: head.hash,
  actor,
  entry,
});

function linked(complete: AuditRecord): Link {
  const line = JSON.stringify(complete);
  return { line, head: headOf(complete.n, line) };
}

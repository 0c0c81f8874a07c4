import { z } from 'zod';
import type { Actor, AuditEntry, AuditHead } from '#contract';
import {
  EMPTY_LOG,
  headOf,
  link,
  linkCheckpoint,
  openDeviceKey,
  type DeviceKey,
  type Link,
} from '#core/audit';
import type { Secrets } from './secrets.ts';
import type { Statements } from '../file/statements.ts';

/** Every line whose number is a multiple of this is a checkpoint, besides those that are asked for. */
const CHECKPOINT_EVERY = 256;

/** What an older copy of the store would bring back, or let in again. */
const DELETIONS: ReadonlySet<AuditEntry['kind']> = new Set([
  'erased',
  'face-deleted',
  'collection-reset',
  'collection-deleted',
  'api-key-removed',
  'device-revoked',
]);

const LineRow = z.object({ n: z.int(), line: z.string() });
const TimeRow = z.object({ n: z.int(), at: z.string(), isCheckpoint: z.int() });

/** The audit log as it lies in the database. Call within a transaction: an entry is as durable as what it records. */
export class AuditTable {
  readonly #sql: Statements;
  readonly #secrets: Secrets;
  /** Whether every deletion is in a head that was kept elsewhere. */
  isKept = true;

  constructor(sql: Statements, secrets: Secrets) {
    this.#sql = sql;
    this.#secrets = secrets;
  }

  /** @returns the head that the entry's line makes */
  append(actor: Actor, entry: AuditEntry): AuditHead {
    let head = this.head();
    if ((head.n + 1) % CHECKPOINT_EVERY === 0) {
      head = this.#insert(linkCheckpoint(head, new Date(), this.deviceKey()));
    }
    if (DELETIONS.has(entry.kind)) this.isKept = false;
    return this.#insert(link(head, new Date(), actor, entry));
  }

  /** Sign the log as it is, unless its last line is signed already. */
  checkpoint(): AuditHead {
    const last = this.#last();
    if (last === null) return EMPTY_LOG;
    const head = headOf(last.n, last.line);
    return isCheckpoint(last.line) ? head : this.#insert(linkCheckpoint(head, new Date(), this.deviceKey()));
  }

  head(): AuditHead {
    const last = this.#last();
    return last === null ? EMPTY_LOG : headOf(last.n, last.line);
  }

  /** At most `limit` lines after the one with number `after`, in order. */
  lines(after: number, limit: number): { n: number; line: string }[] {
    return z
      .array(LineRow)
      .parse(this.#sql.all('SELECT n, line FROM audit_log WHERE n > ? ORDER BY n LIMIT ?', [after, limit]));
  }

  /** The head that line `n` made, or null when it is gone. */
  headAt(n: number): AuditHead | null {
    const [row] = this.lines(n - 1, 1);
    return row?.n === n ? headOf(n, row.line) : null;
  }

  /**
   * Forget what is older than a moment, up to the last checkpoint before everything that is newer, which stays as the new
   * beginning. A line from when the clock was wrong, thus of a time before the one it follows, before `earliest` or after
   * `now`, is as old as the lines around it.
   * @returns how many lines were removed
   */
  prune({ before, earliest, now }: Record<'before' | 'earliest' | 'now', string>): number {
    let n: number | null = null;
    let last = earliest;
    for (const row of this.#sql.each(
      `SELECT n, line ->> '$.at' AS at, line ->> '$.entry.kind' = 'checkpoint' AS isCheckpoint
       FROM audit_log ORDER BY n`,
    )) {
      const { n: number, at, isCheckpoint } = TimeRow.parse(row);
      if (at < last || at > now) continue;
      if (at >= before) break;
      last = at;
      if (isCheckpoint === 1) n = number;
    }
    if (n === null) return 0;
    const { changes } = this.#sql.run('DELETE FROM audit_log WHERE n < ?', [n]);
    if (changes > 0) this.append('device', { kind: 'audit-pruned', through: n - 1 });
    return changes;
  }

  deviceKey(): DeviceKey {
    const pkcs8 = this.#secrets.get('device-key')!;
    try {
      return openDeviceKey(pkcs8);
    } finally {
      pkcs8.fill(0);
    }
  }

  #last(): z.infer<typeof LineRow> | null {
    const row = this.#sql.get('SELECT n, line FROM audit_log ORDER BY n DESC LIMIT 1', []);
    return row === undefined ? null : LineRow.parse(row);
  }

  #insert({ line, head }: Link): AuditHead {
    this.#sql.run('INSERT INTO audit_log (n, line) VALUES (?, ?)', [head.n, line]);
    return head;
  }
}

const isCheckpoint = (line: string): boolean => line.includes('"entry":{"kind":"checkpoint"}');

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
import { named } from './operator-at-work.ts';
import type { Secrets } from './secrets.ts';
import type { ReadTx, WriteTx } from '../sql/transactions.ts';

/** Every line whose number is a multiple of this is a checkpoint, besides those that are asked for. */
const CHECKPOINT_EVERY = 256;

/** What an older copy of the store would bring back, or let in again: also by a former key, PIN, role, code or rule. */
const DELETIONS: ReadonlySet<AuditEntry['kind']> = new Set([
  'erased',
  'face-deleted',
  'face-evicted',
  'collection-reset',
  'collection-deleted',
  'references-removed',
  'template-removed',
  'descriptor-removed',
  'api-key-removed',
  'device-revoked',
  'card-revoked',
  'key-changed',
  'operator-removed',
  'operator-role-set',
  'operator-pin-set',
  'pin-reset',
  'access-code-set',
  'access-policy-set',
]);

const LineRow = z.object({ n: z.int(), line: z.string() });
const TimeRow = z.object({ n: z.int(), at: z.string(), isCheckpoint: z.int() });

/** The audit log as it lies in the database: an entry is as durable as what it records, in whose transaction it is written. */
export class AuditTable {
  readonly #secrets: Secrets;
  /** Whether every deletion is in a head that was kept elsewhere. */
  isKept = true;

  constructor(secrets: Secrets) {
    this.#secrets = secrets;
  }

  /** @returns the head that the entry's line makes */
  async append(tx: WriteTx, actor: Actor, entry: AuditEntry): Promise<AuditHead> {
    let head = await this.head(tx);
    if ((head.n + 1) % CHECKPOINT_EVERY === 0) {
      head = await this.#insert(tx, linkCheckpoint(head, new Date(), await this.deviceKey(tx)));
    }
    if (DELETIONS.has(entry.kind)) this.isKept = false;
    return await this.#insert(tx, link(head, new Date(), named(actor), entry));
  }

  /** Sign the log as it is, unless its last line is signed already. */
  async checkpoint(tx: WriteTx): Promise<AuditHead> {
    const last = await this.#last(tx);
    if (last === null) return EMPTY_LOG;
    const head = headOf(last.n, last.line);
    return isCheckpoint(last.line)
      ? head
      : await this.#insert(tx, linkCheckpoint(head, new Date(), await this.deviceKey(tx)));
  }

  async head(tx: ReadTx): Promise<AuditHead> {
    const last = await this.#last(tx);
    return last === null ? EMPTY_LOG : headOf(last.n, last.line);
  }

  /** At most `limit` lines after the one with number `after`, in order. */
  async lines(tx: ReadTx, after: number, limit: number): Promise<{ n: number; line: string }[]> {
    return z
      .array(LineRow)
      .parse(await tx.all('SELECT n, line FROM audit_log WHERE n > ? ORDER BY n LIMIT ?', [after, limit]));
  }

  /** The head that line `n` made, or null when it is gone. */
  async headAt(tx: ReadTx, n: number): Promise<AuditHead | null> {
    const [row] = await this.lines(tx, n - 1, 1);
    return row?.n === n ? headOf(n, row.line) : null;
  }

  /**
   * Forget what is older than a moment, up to the last checkpoint before everything that is newer, which stays as the new
   * beginning. A line from when the clock was wrong, thus of a time before the one it follows, before `earliest` or after
   * `now`, is as old as the lines around it.
   * @returns how many lines were removed
   */
  async prune(
    tx: WriteTx,
    { before, earliest, now }: Record<'before' | 'earliest' | 'now', string>,
  ): Promise<number> {
    let n: number | null = null;
    let last = earliest;
    for await (const row of tx.each(
      `SELECT n, line ->> 'at' AS at, CAST(line -> 'entry' ->> 'kind' = 'checkpoint' AS INTEGER) AS "isCheckpoint"
       FROM audit_log ORDER BY n`,
    )) {
      const { n: number, at, isCheckpoint } = TimeRow.parse(row);
      if (at < last || at > now) continue;
      if (at >= before) break;
      last = at;
      if (isCheckpoint === 1) n = number;
    }
    if (n === null) return 0;
    const { changes } = await tx.run('DELETE FROM audit_log WHERE n < ?', [n]);
    if (changes > 0) await this.append(tx, 'device', { kind: 'audit-pruned', through: n - 1 });
    return changes;
  }

  async deviceKey(tx: ReadTx): Promise<DeviceKey> {
    const pkcs8 = (await this.#secrets.get(tx, 'device-key'))!;
    try {
      return openDeviceKey(pkcs8);
    } finally {
      pkcs8.fill(0);
    }
  }

  async #last(tx: ReadTx): Promise<z.infer<typeof LineRow> | null> {
    const row = await tx.get('SELECT n, line FROM audit_log ORDER BY n DESC LIMIT 1', []);
    return row === undefined ? null : LineRow.parse(row);
  }

  async #insert(tx: WriteTx, { line, head }: Link): Promise<AuditHead> {
    await tx.run('INSERT INTO audit_log (n, line) VALUES (?, ?)', [head.n, line]);
    return head;
  }
}

const isCheckpoint = (line: string): boolean => line.includes('"entry":{"kind":"checkpoint"}');

import { z } from 'zod';
import {
  type Actor,
  DeviceId,
  DevicePolicy,
  DeviceReport,
  LintelError,
  PublicKey,
  SignedAnchor,
  type AuditHead,
  type DeviceStatus,
} from '#contract';
import type { Engine } from '../engine.ts';
import type { AuditTable } from './audit-table.ts';
import type { Changes } from './changes.ts';
import type { DeviceTotals, Invitation, NewDevice, StoredDevice } from '../server-records.ts';
import type { DeviceStore } from '../stores.ts';
import { jsonColumn } from '../sql/json-column.ts';
import type { ReadTx, Transactions, WriteTx } from '../sql/transactions.ts';
import { RecordedTable } from './recorded-table.ts';

const DeviceRow = z.object({
  deviceId: DeviceId,
  account: z.string(),
  name: z.string(),
  keyHash: z.instanceof(Buffer),
  publicKey: PublicKey,
  policy: jsonColumn(DevicePolicy),
  pairedAt: z.string(),
  revokedAt: z.string().nullable(),
  cursor: z.int(),
  lastContact: z.string().nullable(),
  report: jsonColumn(DeviceReport).nullable(),
  anchor: jsonColumn(SignedAnchor).nullable(),
});

const COLUMNS = `device_id AS "deviceId", account, name, key_hash AS "keyHash", public_key AS "publicKey", policy,
  paired_at AS "pairedAt", revoked_at AS "revokedAt", cursor, last_contact AS "lastContact", report, anchor`;

const InvitationRow = z.object({ account: z.string(), name: z.string(), policy: jsonColumn(DevicePolicy) });

const TotalsRow = z.object({
  devices: z.int(),
  queue: z.int(),
  parked: z.int(),
  oldestContact: z.string().nullable(),
});

/** Heads of a device's audit log that are all kept; of those before, the first of each hour. */
export const NEWEST_ANCHORS = 1000;

const AnchorRow = z.object({ n: z.int(), hash: z.string(), at: z.string() });

/** A server's appliances, and the codes by which more may join. Errors besides those named: as of the store. */
export class DeviceTable extends RecordedTable implements DeviceStore {
  readonly #changes: Changes;
  readonly uptime: () => Promise<number>;

  constructor(
    {
      sql,
      audit,
      changes,
      engine,
    }: {
      readonly sql: Transactions;
      readonly audit: AuditTable;
      readonly changes: Changes;
      readonly engine: Pick<Engine, 'uptime'>;
    },
    actor: Actor,
  ) {
    super(sql, audit, actor);
    this.uptime = () => engine.uptime();
    this.#changes = changes;
  }

  invite(
    hash: Uint8Array,
    { account, name, policy }: Invitation,
    expiresAt: Date,
    uptime: number,
  ): Promise<void> {
    return this.sql.write(async (tx) => {
      await tx.run('DELETE FROM pairing_codes WHERE expires_at <= ?', [new Date().toISOString()]);
      await tx.run(
        `INSERT INTO pairing_codes (hash, account, name, policy, expires_at, uptime) VALUES (?, ?, ?, ?, ?, ?)`,
        [Buffer.from(hash), account, name, JSON.stringify(policy), expiresAt.toISOString(), uptime],
      );
    });
  }

  join(
    codeHash: Uint8Array,
    device: NewDevice,
    uptime: { readonly oldest: number; readonly now: number },
  ): Promise<Invitation> {
    return this.sql.write(async (tx) => {
      const now = new Date().toISOString();
      const row = await tx.get(
        `DELETE FROM pairing_codes WHERE hash = @hash AND expires_at > @now AND uptime BETWEEN @oldest AND @uptime
         RETURNING account, name, policy`,
        { hash: Buffer.from(codeHash), now, oldest: uptime.oldest, uptime: uptime.now },
      );
      if (row === undefined) throw new LintelError('pairing-code-invalid');
      const invitation = InvitationRow.parse(row);
      const { deviceId, keyHash, publicKey } = device;
      const name = invitation.name || device.name;
      await tx.run(
        `INSERT INTO devices (device_id, account, name, key_hash, public_key, policy, paired_at)
         VALUES (?, ?, ?, ?, ?, ?, ?)`,
        [
          deviceId,
          invitation.account,
          name,
          Buffer.from(keyHash),
          publicKey,
          JSON.stringify(invitation.policy),
          now,
        ],
      );
      const { account } = invitation;
      await this.audit.append(tx, this.actor, { kind: 'device-paired', account, deviceId });
      return invitation;
    });
  }

  find(deviceId: string): Promise<StoredDevice | null> {
    return this.sql.read((tx) => this.#find(tx, deviceId));
  }

  list(account: string): Promise<DeviceStatus[]> {
    return this.sql.read(async (tx) => {
      const rows = await tx.all(
        `SELECT ${COLUMNS} FROM devices WHERE account = ? ORDER BY paired_at, device_id`,
        [account],
      );
      return await Array.fromAsync(
        z.array(DeviceRow).parse(rows),
        async ({ deviceId, name, pairedAt, revokedAt, lastContact, policy, report, cursor }) => {
          const { behind, deletions } = await this.#changes.countAfter(tx, account, cursor);
          const status = { deviceId, name, pairedAt, revokedAt, lastContact, policy, report };
          return { ...status, behind, unconfirmedDeletions: deletions };
        },
      );
    });
  }

  totals(): Promise<DeviceTotals> {
    return this.sql.read(async (tx) =>
      TotalsRow.parse(
        await tx.get(
          `SELECT count(*) AS devices, coalesce(sum(CAST(report ->> 'queue' AS BIGINT)), 0) AS queue,
             coalesce(sum(CAST(report ->> 'parked' AS BIGINT)), 0) AS parked, min(last_contact) AS "oldestContact"
           FROM devices WHERE revoked_at IS NULL`,
          [],
        ),
      ),
    );
  }

  report(deviceId: string, report: DeviceReport): Promise<void> {
    return this.sql.write(async (tx) => {
      const now = new Date().toISOString();
      const { changes } = await tx.run(
        'UPDATE devices SET cursor = ?, last_contact = ?, report = ? WHERE device_id = ?',
        [report.cursor, now, JSON.stringify(report), deviceId],
      );
      if (changes === 0) throw new LintelError('device-not-found');
      if (report.anchor !== undefined) {
        const anchor = JSON.stringify(report.anchor);
        await tx.run('UPDATE devices SET anchor = ? WHERE device_id = ?', [anchor, deviceId]);
      }
      const { n, hash } = report.audit;
      const noted = await tx.run(
        'INSERT INTO anchors (device_id, n, hash, at) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING',
        [deviceId, n, hash, now],
      );
      if (noted.changes > 0) await thinAnchors(tx, deviceId);
    });
  }

  anchors(deviceId: string): Promise<(AuditHead & { at: string })[]> {
    return this.sql.read(async (tx) =>
      z
        .array(AnchorRow)
        .parse(await tx.all('SELECT n, hash, at FROM anchors WHERE device_id = ? ORDER BY n', [deviceId])),
    );
  }

  setPolicy(account: string, deviceId: string, policy: Omit<DevicePolicy, 'version'>): Promise<DevicePolicy> {
    return this.sql.write(async (tx) => {
      const device = await this.#find(tx, deviceId);
      if (device?.account !== account) throw new LintelError('device-not-found');
      // By the clock: a server that was set back would count from an earlier number again.
      const version = Math.max(device.policy.version + 1, Math.floor(Date.now() / 1000));
      const next = { ...policy, version };
      await tx.run('UPDATE devices SET policy = ? WHERE device_id = ?', [JSON.stringify(next), deviceId]);
      await this.audit.append(tx, this.actor, { kind: 'device-policy-set', account, deviceId, version });
      return next;
    });
  }

  revoke(account: string, deviceId: string): Promise<void> {
    return this.sql.write(async (tx) => {
      const { changes } = await tx.run(
        'UPDATE devices SET revoked_at = coalesce(revoked_at, ?) WHERE account = ? AND device_id = ?',
        [new Date().toISOString(), account, deviceId],
      );
      if (changes === 0) throw new LintelError('device-not-found');
      await this.audit.append(tx, this.actor, { kind: 'device-revoked', account, deviceId });
    });
  }

  async #find(tx: ReadTx, deviceId: string): Promise<StoredDevice | null> {
    const row = await tx.get(`SELECT ${COLUMNS} FROM devices WHERE device_id = ?`, [deviceId]);
    return row === undefined ? null : DeviceRow.parse(row);
  }
}

/**
 * Of the head that is no longer among the newest: it goes where an earlier one of its hour stays. The first stays whatever the
 * device tells after it: who came to have its key cannot push out what it had told an hour before. Any later head vouches for
 * all that was logged before it.
 */
async function thinAnchors(tx: WriteTx, deviceId: string): Promise<void> {
  const row = await tx.get(
    'SELECT n, hash, at FROM anchors WHERE device_id = ? ORDER BY at DESC, n DESC LIMIT 1 OFFSET ?',
    [deviceId, NEWEST_ANCHORS],
  );
  if (row === undefined) return;
  const { n, at } = AnchorRow.parse(row);
  const hour = at.slice(0, 'YYYY-MM-DDTHH'.length);
  await tx.run(
    `DELETE FROM anchors WHERE device_id = @deviceId AND n = @n AND EXISTS (SELECT 1 FROM anchors AS earlier
       WHERE earlier.device_id = @deviceId AND earlier.at >= @hour
         AND (earlier.at < @at OR (earlier.at = @at AND earlier.n < @n)))`,
    { deviceId, n, at, hour },
  );
}

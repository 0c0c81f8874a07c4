import { uptime } from 'node:os';
import { LintelError, type DevicePolicy, type DeviceReport } from '#contract';
import type { Invitation, NewDevice, StoredDevice } from '../server-records.ts';
import type { DeviceStore } from '../stores.ts';
import { NEWEST_ANCHORS } from '../tables/device-table.ts';
import { InMemory } from './in-memory.ts';
import type { DeviceRow } from './memory-rows.ts';

const named = (hash: Uint8Array): string => Buffer.from(hash).toString('hex');

/** As `thinAnchors` of the tables. */
function thinned(anchors: DeviceRow['anchors']): DeviceRow['anchors'] {
  const byTime = anchors.toSorted((a, b) => (a.at === b.at ? a.n - b.n : a.at < b.at ? -1 : 1));
  const last = byTime.length - NEWEST_ANCHORS - 1;
  const hourOf = (i: number) => byTime[i]?.at.slice(0, 'YYYY-MM-DDTHH'.length);
  return last > 0 && hourOf(last - 1) === hourOf(last) ? byTime.toSpliced(last, 1) : anchors;
}

export class MemoryDevices extends InMemory implements DeviceStore {
  async uptime() {
    return uptime();
  }

  invite(hash: Uint8Array, invitation: Invitation, expiresAt: Date, uptime: number) {
    return this.place.write(({ pairings }) => {
      pairings.set(named(hash), { ...invitation, expiresAt: expiresAt.toISOString(), uptime });
    });
  }

  join(codeHash: Uint8Array, device: NewDevice, uptime: { readonly oldest: number; readonly now: number }) {
    return this.place.write(({ pairings, devices }): Invitation => {
      const found = pairings.get(named(codeHash));
      const now = new Date().toISOString();
      const isGood =
        found !== undefined &&
        found.expiresAt > now &&
        found.uptime >= uptime.oldest &&
        found.uptime <= uptime.now;
      if (!isGood) throw new LintelError('pairing-code-invalid');
      pairings.delete(named(codeHash));
      const { account, policy } = found;
      const { deviceId, publicKey } = device;
      const known = { deviceId, account, name: found.name || device.name, publicKey, policy };
      const begun = { pairedAt: now, revokedAt: null, cursor: 0, lastContact: null, report: null };
      const keyHash = Buffer.from(device.keyHash);
      devices.set(deviceId, { ...known, ...begun, keyHash, anchor: null, anchors: [] });
      this.record({ kind: 'device-paired', account, deviceId });
      return { account, name: found.name, policy };
    });
  }

  find(deviceId: string) {
    return this.place.read(({ devices }): StoredDevice | null => devices.get(deviceId) ?? null);
  }

  list(account: string) {
    return this.place.read(({ devices, changes }) =>
      [...devices.values()]
        .filter((device) => device.account === account)
        .map(({ deviceId, name, pairedAt, revokedAt, lastContact, policy, report, cursor }) => {
          const after = [...changes.values()].filter((each) => each.account === account && each.seq > cursor);
          const status = { deviceId, name, pairedAt, revokedAt, lastContact, policy, report };
          const unconfirmedDeletions = after.filter(({ isDeletion }) => isDeletion).length;
          return { ...status, behind: after.length, unconfirmedDeletions };
        }),
    );
  }

  totals() {
    return this.place.read(({ devices }) => {
      const all = [...devices.values()].filter(({ revokedAt }) => revokedAt === null);
      const contacts = all.flatMap(({ lastContact }) => lastContact ?? []);
      return {
        devices: all.length,
        queue: all.reduce((sum, { report }) => sum + (report?.queue ?? 0), 0),
        parked: all.reduce((sum, { report }) => sum + (report?.parked ?? 0), 0),
        oldestContact: contacts.toSorted()[0] ?? null,
      };
    });
  }

  report(deviceId: string, report: DeviceReport) {
    return this.place.write(({ devices }) => {
      const device = this.#get(deviceId);
      const at = new Date().toISOString();
      const isKnown = device.anchors.some(({ n }) => n === report.audit.n);
      devices.set(deviceId, {
        ...device,
        cursor: report.cursor,
        lastContact: at,
        report,
        anchor: report.anchor ?? device.anchor,
        anchors: isKnown ? device.anchors : thinned([...device.anchors, { ...report.audit, at }]),
      });
    });
  }

  anchors(deviceId: string) {
    return this.place.read(({ devices }) =>
      (devices.get(deviceId)?.anchors ?? []).toSorted((a, b) => a.n - b.n),
    );
  }

  setPolicy(account: string, deviceId: string, policy: Omit<DevicePolicy, 'version'>) {
    return this.place.write(({ devices }) => {
      const device = this.#get(deviceId, account);
      const version = Math.max(device.policy.version + 1, Math.floor(Date.now() / 1000));
      const next = { ...policy, version };
      devices.set(deviceId, { ...device, policy: next });
      this.record({ kind: 'device-policy-set', account, deviceId, version });
      return next;
    });
  }

  revoke(account: string, deviceId: string) {
    return this.place.write(({ devices }) => {
      const device = this.#get(deviceId, account);
      devices.set(deviceId, { ...device, revokedAt: device.revokedAt ?? new Date().toISOString() });
      this.record({ kind: 'device-revoked', account, deviceId });
    });
  }

  #get(deviceId: string, account?: string): DeviceRow {
    const device = this.place.rows.devices.get(deviceId);
    if (device === undefined || (account !== undefined && device.account !== account)) {
      throw new LintelError('device-not-found');
    }
    return device;
  }
}

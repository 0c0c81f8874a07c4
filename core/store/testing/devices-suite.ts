import { afterEach, describe, expect, it, vi } from 'vitest';
import { AuditRecord, DEFAULT_POLICY, type DevicePolicy, type DeviceReport } from '#contract';
import { generateDeviceKey, openDeviceKey } from '#core/audit';
import { putAnchors } from './at-once.ts';
import type { OpenStore } from './made-up-faces.ts';
import { A, B, storePerTest } from './store-per-test.ts';
import type { Store } from '../store.ts';

const { publicKey } = openDeviceKey(generateDeviceKey());
/** Later than the last test of a worker, which loads this file once. */
const SOON = new Date(Date.now() + 86_400_000);
const code = (byte: number): Uint8Array => new Uint8Array(32).fill(byte);
const POLICY: DevicePolicy = { ...DEFAULT_POLICY, collections: ['c'] };
const newDevice = (byte: number) => ({
  deviceId: `dev_${byte.toString(16).padStart(32, '0')}`,
  name: `door ${byte}`,
  keyHash: code(byte),
  publicKey,
});
const reportOf = (cursor: number, n: number, more: Partial<DeviceReport> = {}): DeviceReport => ({
  cursor,
  version: '1',
  clock: new Date(0).toISOString(),
  queue: 2,
  parked: 1,
  faces: 0,
  audit: { n, hash: n.toString(16).padStart(64, '0') },
  ...more,
});

/** When a device told an audit head: two in the first hour, three in the next one. */
const timeOf = (n: number): string => `2026-01-01T${n < 3 ? 10 : n < 6 ? 11 : 12}:00:00.000Z`;

/** How every {@link Store} keeps a server's devices. @param fresh makes a new, empty place */
export function describeDevices(fresh: () => Promise<OpenStore>): void {
  describe('the devices of a store', () => {
    let store: Store;
    const place = storePerTest(fresh, (opened) => (store = opened));
    afterEach(() => void vi.useRealTimers());

    /** A device of an account, joined with a code that is as old as the machine. */
    async function join(byte: number, account = A, name = '') {
      await store.devices.invite(code(byte), { account, name, policy: POLICY }, SOON, 10);
      await store.devices.join(code(byte), newDevice(byte), { oldest: 10, now: 10 });
      return newDevice(byte).deviceId;
    }

    it('join with a code once, under the name that the code or the device gives', async () => {
      await store.devices.invite(code(1), { account: A, name: 'lobby', policy: POLICY }, SOON, 10);
      const uptime = { oldest: 0, now: 20 };
      expect(await store.devices.join(code(1), newDevice(1), uptime)).toEqual({
        account: A,
        name: 'lobby',
        policy: POLICY,
      });
      await expect(store.devices.join(code(1), newDevice(2), uptime)).rejects.toMatchObject({
        code: 'pairing-code-invalid',
      });
      await join(3);
      expect(await store.devices.find(newDevice(1).deviceId)).toMatchObject({ account: A, name: 'lobby' });
      expect(await store.devices.find(newDevice(2).deviceId)).toBeNull();
      const third = (await (await place.another()).devices.find(newDevice(3).deviceId))!;
      expect(third).toMatchObject({ name: 'door 3', publicKey, policy: POLICY, cursor: 0, revokedAt: null });
      expect([...third.keyHash]).toEqual([...code(3)]);
    });

    it.each([
      ['is over by the wall clock', { expiresAt: new Date(Date.now() - 1), uptime: 10 }],
      ['is over by the uptime of the machine', { expiresAt: SOON, uptime: 9 }],
      ['was made before the machine restarted', { expiresAt: SOON, uptime: 21 }],
    ])('do not join with a code that %s', async (_, { expiresAt, uptime }) => {
      await store.devices.invite(code(1), { account: A, name: '', policy: POLICY }, expiresAt, uptime);
      await expect(store.devices.join(code(1), newDevice(1), { oldest: 10, now: 20 })).rejects.toMatchObject({
        code: 'pairing-code-invalid',
      });
      expect(await store.devices.list(A)).toEqual([]);
    });

    it('are listed by account, with the changes and deletions that each has yet to confirm', async () => {
      const [first, second] = [await join(1), await join(2)];
      await join(3, B);
      const [stays, goes] = [await place.enrol(A), await place.enrol(A)];
      await store.deleteFace(A, 'c', goes.faceId);
      const all = await store.devices.list(A);
      expect(all.map(({ deviceId }) => deviceId)).toEqual([first, second]);
      // The collection and both faces, of which one was deleted.
      expect(all[0]).toMatchObject({ behind: 3, unconfirmedDeletions: 1, report: null, lastContact: null });
      await store.devices.report(second, reportOf(Number.MAX_SAFE_INTEGER, 1));
      expect((await store.devices.list(A))[1]).toMatchObject({ behind: 0, unconfirmedDeletions: 0 });
      await store.deleteFace(A, 'c', stays.faceId);
      expect((await store.devices.list(A))[0]).toMatchObject({ behind: 3, unconfirmedDeletions: 2 });
      expect(await store.devices.list(B)).toMatchObject([{ deviceId: newDevice(3).deviceId, behind: 0 }]);
    });

    it('report their state, whose audit heads are kept in order, each once', async () => {
      const deviceId = await join(1);
      const anchor = { lineage: '', ...reportOf(0, 7).audit, signature: 'ab'.repeat(64) };
      await store.devices.report(deviceId, reportOf(5, 7, { anchor }));
      await store.devices.report(deviceId, reportOf(6, 3));
      await store.devices.report(deviceId, reportOf(6, 3));
      expect(await store.devices.find(deviceId)).toMatchObject({
        cursor: 6,
        report: reportOf(6, 3),
        lastContact: expect.any(String) as string,
        anchor,
      });
      expect((await store.devices.anchors(deviceId)).map(({ n }) => n)).toEqual([3, 7]);
      expect(await store.devices.anchors('dev_none')).toEqual([]);
      await expect(store.devices.report('dev_none', reportOf(0, 1))).rejects.toMatchObject({
        code: 'device-not-found',
      });
    });

    it('keep the newest thousand audit heads, and of those before the first of each hour', async () => {
      const deviceId = await join(1);
      const first = Array.from({ length: 1000 }, (_, i) => i + 1);
      await putAnchors(
        store,
        deviceId,
        first.map((n) => ({ ...reportOf(0, n).audit, at: timeOf(n) })),
      );
      vi.useFakeTimers({ toFake: ['Date'] });
      for (let n = 1001; n <= 1005; n++) {
        vi.setSystemTime(timeOf(n));
        await store.devices.report(deviceId, reportOf(0, n));
      }
      const newest = Array.from({ length: 1000 }, (_, i) => 6 + i);
      expect((await store.devices.anchors(deviceId)).map(({ n }) => n)).toEqual([1, 3, ...newest]);
    });

    it('are recorded as they join, get a policy and are revoked, or not at all', async () => {
      const deviceId = await join(1);
      const { version } = await store.devices.setPolicy(A, deviceId, POLICY);
      await store.as('command-line').devices.revoke(A, deviceId);
      for (const account of [A, B])
        await store.devices.revoke(account, newDevice(9).deviceId).catch(() => {});
      const lines = (await Array.fromAsync(store.audit.lines())).map((line) =>
        AuditRecord.parse(JSON.parse(line)),
      );
      expect(lines.slice(-3).map(({ actor, entry }) => [actor, entry])).toEqual([
        ['device', { kind: 'device-paired', account: A, deviceId }],
        ['device', { kind: 'device-policy-set', account: A, deviceId, version }],
        ['command-line', { kind: 'device-revoked', account: A, deviceId }],
      ]);
    });

    it('are counted until they are revoked', async () => {
      const [first] = [await join(1), await join(2)];
      expect(await store.devices.totals()).toEqual({ devices: 2, queue: 0, parked: 0, oldestContact: null });
      await store.devices.report(first, reportOf(0, 1));
      expect(await store.devices.totals()).toMatchObject({
        devices: 2,
        queue: 2,
        parked: 1,
        oldestContact: expect.any(String) as string,
      });
      await store.devices.revoke(A, first);
      const { revokedAt } = (await store.devices.find(first))!;
      expect(revokedAt).not.toBeNull();
      await store.devices.revoke(A, first);
      expect((await store.devices.find(first))!.revokedAt).toBe(revokedAt);
      expect(await store.devices.totals()).toEqual({ devices: 1, queue: 0, parked: 0, oldestContact: null });
    });

    it('get policies of ascending versions, from their own account alone', async () => {
      const deviceId = await join(1);
      const { version: _, ...policy } = { ...POLICY, mayDelete: false };
      const first = await store.devices.setPolicy(A, deviceId, policy);
      const second = await store.devices.setPolicy(A, deviceId, policy);
      expect(first).toEqual({ ...policy, version: first.version });
      expect(second.version).toBeGreaterThan(first.version);
      expect(first.version).toBeGreaterThan(POLICY.version);
      expect(await store.devices.find(deviceId)).toMatchObject({ policy: second });
      for (const refused of [
        () => store.devices.setPolicy(B, deviceId, policy),
        () => store.devices.revoke(B, deviceId),
      ]) {
        await expect(refused()).rejects.toMatchObject({ code: 'device-not-found' });
      }
    });
  });
}

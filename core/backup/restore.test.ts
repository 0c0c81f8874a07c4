import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { SignedAnchor } from '#contract';
import { Devices } from '#core/devices';
import {
  fileKekProvider,
  LOCAL_ACCOUNT as ME,
  openStore,
  type KekProvider,
  type SqlStore,
} from '#core/store';
import { filesOf } from '#core/store/file';
import { newFaceId, newReference } from '../store/testing/made-up-faces.ts';
import { createBackup, restoreBackup } from './index.ts';

let folder: string;
let dir: string;
let to: string;
let kekProvider: KekProvider;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lintel-restore-'));
  dir = join(folder, 'data');
  to = join(folder, 'backup');
  kekProvider = fileKekProvider(join(folder, 'key'));
});
afterEach(() => rm(folder, { recursive: true }));

const options = () => ({ dir, kekProvider });

async function using<T>(work: (store: SqlStore) => Promise<T>): Promise<T> {
  const store = await openStore(options());
  try {
    return await work(store);
  } finally {
    await store.close();
  }
}

const enrol = (store: SqlStore, externalKey: string | null = null) =>
  store.addFace(ME, 'c', { faceId: newFaceId(), references: [newReference()], externalKey });

const fill = (count: number) =>
  using(async (store) => {
    await store.createCollection(ME, 'c');
    for (let i = 0; i < count; i++) await enrol(store, `key-${i}`);
  });

it('a restored backup does not bring back who is erased while it is restored', async () => {
  await fill(2);
  await createBackup(options(), to, { actor: 'command-line' });
  // The key of the new store is sealed once it is built.
  const wrap = async (dataKey: Buffer): Promise<Buffer> => {
    await using((store) => store.erase(ME, { externalKey: 'key-0' }));
    return await kekProvider.wrap(dataKey);
  };
  const there = { dir, kekProvider: { ...kekProvider, wrap } };
  const how = { actor: 'command-line', unseal: kekProvider, replace: true };
  expect(await restoreBackup(to, there, how)).toMatchObject({ erasedAgain: 1 });
  expect(await using((store) => store.listFaces(ME, 'c'))).toMatchObject({
    total: 1,
    faces: [{ externalKey: 'key-1' }],
  });
});

it('a restored backup does not bring back API keys and appliances that were revoked since', async () => {
  const key = (keyId: string) => ({ keyId, hash: randomBytes(32), scopes: ['admin' as const] });
  const { deviceId, gone } = await using(async (store) => {
    await store.accounts.add('acct_a', 'A', key('key_kept'));
    await store.accounts.addApiKey('acct_a', key('key_revoked'));
    const devices = new Devices(store);
    const publicKey = await store.audit.publicKey();
    const pair = async (name: string) => {
      const { code } = await devices.invite('acct_a');
      return (await devices.pair({ code, name, publicKey })).deviceId;
    };
    return { deviceId: await pair('Front'), gone: await pair('Back') };
  });
  await createBackup(options(), to, { actor: 'command-line' });
  await using(async (store) => {
    await store.accounts.removeApiKey('key_revoked');
    await new Devices(store).revoke('acct_a', gone);
  });
  const how = { actor: 'command-line', unseal: kekProvider };
  expect(await restoreBackup(to, { dir: join(folder, 'else'), kekProvider }, how)).toMatchObject({
    revokedAgain: null,
  });
  const replacing = { ...how, replace: true };
  expect(await restoreBackup(to, options(), replacing)).toMatchObject({ revokedAgain: 2 });
  await using(async (store) => {
    expect((await store.accounts.keys('acct_a')).map(({ keyId }) => keyId)).toEqual(['key_kept']);
    expect(await store.devices.find(deviceId)).toMatchObject({ revokedAt: null });
    expect(await store.devices.find(gone)).toMatchObject({ revokedAt: expect.any(String) });
  });
  const lines = await using((store) => Array.fromAsync(store.audit.lines()));
  expect(lines.slice(-4).map((line) => /"kind":"([a-z-]+)"/.exec(line)?.[1])).toEqual([
    'api-key-removed',
    'device-revoked',
    'restored',
    'checkpoint',
  ]);
});

it('a backup is no contradiction when it is restored again, in place of a store or after it was lost', async () => {
  await fill(1);
  await createBackup(options(), to, { actor: 'command-line' });
  let anchor: SignedAnchor | null = null;
  for (const isLost of [false, false, true, false]) {
    if (isLost) await rm(filesOf(dir).place, { recursive: true });
    await restoreBackup(to, options(), { actor: 'command-line', unseal: kekProvider, replace: true });
    anchor = await using(async (store) => {
      expect(await store.lineage.pending()).toBeNull();
      if (anchor !== null) await store.lineage.checkAnchor(anchor);
      expect(await store.lineage.pending()).toBeNull();
      await enrol(store);
      return await store.lineage.anchor();
    });
    expect(anchor).not.toBeNull();
  }
});

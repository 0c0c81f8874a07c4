import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { AuditRecord, type KeptCard, type SignedAnchor } from '#contract';
import { CARD_KEY_ROW, CARD_LIST_ROW } from '#core/cards';
import { Devices } from '#core/devices';
import { keptOperators } from '#core/operators';
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

const key = (keyId: string) => ({ keyId, hash: randomBytes(32), scopes: ['admin' as const] });
const keyIds = () => using(async (store) => (await store.accounts.keys('acct_a')).map(({ keyId }) => keyId));

const card = (digit: string, revokedAt: string | null = null): KeptCard => {
  const issuedAt = '2026-11-29T12:00:00.000Z';
  return { cardId: `card_${digit.repeat(16)}`, issuedAt, validUntil: null, revokedAt, faceId: null };
};
const REVOKED = '2026-11-30T12:00:00.000Z';
const setCards = (cardKey: Buffer, cards: readonly KeptCard[]) =>
  using(async (store) => {
    await store.setSecret(CARD_KEY_ROW, cardKey);
    await store.setSecret(CARD_LIST_ROW, Buffer.from(JSON.stringify(cards)));
  });
const cardRows = () =>
  using(async (store) => [
    await store.getSecret(CARD_KEY_ROW),
    JSON.parse((await store.getSecret(CARD_LIST_ROW))!.toString()) as unknown,
  ]);

it('a restored backup does not bring back who is erased while it is restored', async () => {
  await fill(2);
  await createBackup(options(), to, { actor: 'command-line' });
  // The key of the new store is sealed once it is built.
  const wrap = async (dataKey: Buffer): Promise<Buffer> => {
    await using((store) => store.erase(ME, { externalKey: 'key-0', collectionId: 'c' }));
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
    revokedAgain: [],
    isAllRevoked: false,
  });
  const replacing = { ...how, replace: true };
  expect(await restoreBackup(to, options(), replacing)).toMatchObject({
    revokedAgain: ['key_revoked', gone],
    isAllRevoked: true,
  });
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

it('what the replaced store does not have was revoked only if that store is a later one of the same appliance', async () => {
  const how = { actor: 'command-line', unseal: kekProvider, replace: true };
  await using((store) => store.accounts.add('acct_a', 'A', key('key_first')));
  const older = join(folder, 'older');
  await createBackup(options(), older, how);
  await using((store) => store.accounts.addApiKey('acct_a', key('key_second')));
  await createBackup(options(), to, how);

  // An older state of the same appliance, which never had the second key.
  await restoreBackup(older, options(), how);
  await using(async ({ audit }) => {
    // Its log is longer meanwhile, and another one.
    for (let i = 0; i < 20; i++) await audit.append({ kind: 'signed-in' });
  });
  expect(await restoreBackup(to, options(), how)).toMatchObject({ revokedAgain: [], isAllRevoked: false });
  expect(await keyIds()).toEqual(['key_first', 'key_second']);

  // Another appliance with an account of the same id.
  await rm(filesOf(dir).place, { recursive: true });
  await using((store) => store.accounts.add('acct_a', 'A', key('key_other')));
  expect(await restoreBackup(to, options(), how)).toMatchObject({ revokedAgain: [], isAllRevoked: false });
  expect(await keyIds()).toEqual(['key_first', 'key_second']);
});

it('what was revoked since stays so where the log of the replaced store begins behind the backup', async () => {
  const how = { actor: 'command-line', unseal: kekProvider, replace: true };
  await using(async ({ accounts }) => {
    await accounts.add('acct_a', 'A', key('key_kept'));
    await accounts.addApiKey('acct_a', key('key_revoked'));
  });
  await createBackup(options(), to, how);
  await using(async ({ accounts, audit }) => {
    await accounts.removeApiKey('key_revoked');
    await audit.checkpoint();
    const now = new Date(Date.now() + 1000);
    expect(await audit.prune({ before: now, earliest: new Date(0), now })).toBeGreaterThan(0);
  });
  expect(await restoreBackup(to, options(), how)).toMatchObject({
    revokedAgain: ['key_revoked'],
    isAllRevoked: true,
  });
  expect(await keyIds()).toEqual(['key_kept']);
});

it('a restored backup does not bring back operators who were removed since, or their former PINs and roles', async () => {
  const how = { actor: 'command-line', unseal: kekProvider, replace: true };
  const [first, second] = ['Zmlyc3Q=', 'c2Vjb25k'];
  const operator = (operatorId: string, role: string, hash: string) => {
    const pin = { N: 1024, r: 8, p: 1, salt: hash, hash };
    return { operatorId, name: operatorId, role, pin };
  };
  const setOperators = (list: readonly object[]) =>
    using((store) => store.setSecret('operators', Buffer.from(JSON.stringify(list))));
  const operators = () => using((store) => keptOperators(store));
  await setOperators([
    operator('ada', 'administrator', first),
    operator('ben', 'administrator', first),
    operator('cleo', 'administrator', first),
    operator('dan', 'auditor', first),
  ]);
  await createBackup(options(), to, how);
  expect(await restoreBackup(to, { dir: join(folder, 'else'), kekProvider }, how)).toMatchObject({
    revokedAgain: [],
    isAllRevoked: false,
  });

  const later = [
    operator('ada', 'administrator', second),
    operator('cleo', 'reception', first),
    operator('dan', 'auditor', first),
    operator('eve', 'auditor', first),
  ];
  await setOperators(later);
  expect(await restoreBackup(to, options(), how)).toMatchObject({
    revokedAgain: ['ada', 'ben', 'cleo'],
    isAllRevoked: true,
    operatorsTaken: later.map(({ operatorId, role }) => ({ operatorId, role })),
  });
  expect(await operators()).toEqual(later);
  const kinds = await using((store) =>
    Array.fromAsync(store.audit.lines(), (line) => AuditRecord.parse(JSON.parse(line)).entry.kind),
  );
  expect(kinds.filter((kind) => kind.startsWith('operator-'))).toEqual([
    'operator-pin-set',
    'operator-removed',
    'operator-role-set',
    'operator-added',
  ]);
});

it('a restored backup does not bring back cards that were revoked since, or that another key has ended', async () => {
  const how = { actor: 'command-line', unseal: kekProvider, replace: true };
  const [cardKey, laterKey] = [randomBytes(32), randomBytes(32)];
  await setCards(cardKey, [card('1'), card('2'), card('3', REVOKED)]);
  await createBackup(options(), to, how);
  expect(await restoreBackup(to, { dir: join(folder, 'else'), kekProvider }, how)).toMatchObject({
    isAllRevoked: false,
  });

  // The first card left a full list and stays good; a later one was revoked, too.
  const later = [card('4', REVOKED), card('2', REVOKED), card('3', REVOKED)];
  await setCards(cardKey, later);
  expect(await restoreBackup(to, options(), how)).toMatchObject({
    revokedAgain: [card('4').cardId, card('2').cardId],
    isAllRevoked: true,
  });
  expect(await cardRows()).toEqual([cardKey, later]);
  const lines = await using((store) => Array.fromAsync(store.audit.lines()));
  expect(lines.filter((line) => line.includes('"kind":"card-revoked"'))).toHaveLength(2);

  await setCards(laterKey, later);
  expect(await restoreBackup(to, options(), how)).toMatchObject({
    revokedAgain: [card('4').cardId, card('2').cardId, card('1').cardId],
  });
  expect(await cardRows()).toEqual([laterKey, later]);

  // Of another appliance, only what it lists as revoked counts.
  await rm(filesOf(dir).place, { recursive: true });
  await setCards(laterKey, [card('5'), card('2', REVOKED)]);
  expect(await restoreBackup(to, options(), how)).toMatchObject({
    revokedAgain: [card('2').cardId],
    isAllRevoked: false,
  });
  expect(await cardRows()).toEqual([cardKey, [card('2', REVOKED), card('1'), card('3', REVOKED)]]);
});

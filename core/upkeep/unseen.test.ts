import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { AuditRecord, type Consent, type ErasureReceipt } from '#contract';
import {
  fileKekProvider,
  LOCAL_ACCOUNT as ME,
  openStore,
  type NewSiteEvent,
  type SqlStore,
} from '#core/store';
import { eraseUnseen, trustClock } from './index.ts';

const DAY_MS = 86_400_000;
const inDays = (days: number): Date => new Date(Date.now() + days * DAY_MS + 1000);

let dir: string;
let store: SqlStore;
let receipts: ErasureReceipt[];

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'lintel-unseen-'));
  store = await openStore({ dir, kekProvider: fileKekProvider(join(dir, 'key')) });
  await store.createCollection(ME, 'c');
  receipts = [];
});
afterEach(async () => {
  await store.close();
  await rm(dir, { recursive: true });
});

async function enrol(consent?: Consent): Promise<string> {
  const template = new Float32Array(512).fill(Math.sqrt(1 / 512));
  const { faceId } = await store.addFace(ME, 'c', {
    faceId: `face_${randomBytes(16).toString('hex')}`,
    references: [{ modelId: 'model-1', template, quality: 1, source: 'camera' }],
    metadata: { ...(consent && { consent }) },
  });
  return faceId;
}

const seen = (faceId: string, at: Date): Promise<unknown> =>
  store.events.add({
    at: at.toISOString(),
    kind: 'decision',
    doorId: null,
    direction: null,
    outcome: 'granted',
    reasons: ['match'],
    level: 'steps',
    faceId,
    visitId: null,
    detail: null,
    scores: null,
  } satisfies NewSiteEvent);

async function eraseAt(days: number, keepPeopleDays: number | null): Promise<number> {
  await trustClock(store, inDays(days));
  return await eraseUnseen(
    store,
    { keepPeopleDays },
    async (receipt) => receipts.push(receipt),
    inDays(days),
  );
}

it('goes by the last visit, also once its event is gone, and leaves a receipt of each', async () => {
  const [gone, stays] = [await enrol(), await enrol()];
  await seen(stays, inDays(20));
  await store.events.prune({ before: inDays(25), earliest: new Date('2025-01-01'), now: inDays(26) });
  expect(await eraseAt(29, 30)).toBe(0);
  expect(await eraseAt(30, 30)).toBe(1);
  expect(receipts.map(({ faces }) => faces)).toEqual([[{ collectionId: 'c', faceId: gone }]]);
  expect(await eraseAt(49, 30)).toBe(0);
  expect(await eraseAt(50, 30)).toBe(1);
  expect(receipts.at(-1)?.faces[0]?.faceId).toBe(stays);
  const entries = await Array.fromAsync(
    store.audit.lines(),
    (line) => AuditRecord.parse(JSON.parse(line)).entry,
  );
  expect(entries.filter(({ kind }) => kind === 'retention-applied')).toMatchObject([
    { people: 1 },
    { people: 1 },
  ]);
});

it('goes by the term that somebody agreed to where that is shorter, and erases nobody where nothing is set', async () => {
  const consent: Consent = {
    version: 'v1',
    purpose: 'check-in',
    termDays: 10,
    way: 'tick',
    givenAt: new Date().toISOString(),
  };
  await enrol(consent);
  const other = await enrol();
  expect(await eraseAt(9, 30)).toBe(0);
  expect(await eraseAt(10, null)).toBe(1);
  expect(await eraseAt(5000, null)).toBe(0);
  expect((await store.getFace(ME, 'c', other)).faceId).toBe(other);
});

it('erases nobody by a clock that contradicts what is known', async () => {
  await enrol();
  await store.events.list({
    before: null,
    limit: 1,
    kinds: null,
    outcomes: null,
    faceId: null,
    from: null,
    until: null,
  });
  const erase = eraseUnseen(store, { keepPeopleDays: 30 }, async () => undefined, inDays(400));
  await expect(erase).rejects.toMatchObject({ code: 'clock-implausible' });
});

import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AuditRecord, LintelError, type AuditEntry } from '#contract';
import { fileKeyProvider, LOCAL_ACCOUNT as ME, openStore, type AuditLog, type Store } from '#core/store';
import { applyRetention, createRecorder, watchForDamage } from './index.ts';

const DAY_MS = 86_400_000;
const MODEL = 'model-1';

let dir: string;
let store: Store;
let reference: number;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'lintel-upkeep-'));
  store = await openStore({ dir, keyProvider: fileKeyProvider(join(dir, 'key')) });
  await store.createCollection(ME, 'c');
  await store.addFace(ME, 'c', {
    faceId: `face_${randomBytes(16).toString('hex')}`,
    references: [
      {
        modelId: MODEL,
        template: new Float32Array(512).fill(Math.sqrt(1 / 512)),
        quality: 1,
        source: 'camera',
        image: Buffer.from('image'),
      },
    ],
  });
  [reference] = (await store.referenceIds(ME, 'c', MODEL)) as [number];
});
afterEach(async () => {
  await store.close();
  await rm(dir, { recursive: true });
});

const kinds = () =>
  Array.fromAsync(store.audit.lines(), (line) => AuditRecord.parse(JSON.parse(line)).entry.kind);
const inDays = (days: number): Date => new Date(Date.now() + days * DAY_MS + 1000);

describe('retention', () => {
  it.each([
    ['never', 0, false],
    ['always', 5000, true],
    ['until-synced', 5000, true],
    [30, 29, true],
    [30, 30, false],
  ] as const)('of images %s, after %i days: kept %s', async (keepImages, days, kept) => {
    await applyRetention(store, { keepImages, keepAuditDays: 3650 * 2 }, inDays(days));
    expect((await store.referenceImage(ME, reference)) !== null).toBe(kept);
    expect((await kinds()).includes('retention-applied')).toBe(!kept);
    expect(await store.scrub()).toBe(false);
  });

  it('of the audit log removes what is older, up to a checkpoint', async () => {
    const policy = { keepImages: 'always', keepAuditDays: 10 } as const;
    expect(await applyRetention(store, policy, inDays(0))).toMatchObject({ auditEntries: 0 });
    expect(await kinds()).toEqual(['collection-created', 'enrolled', 'checkpoint']);
    expect(await applyRetention(store, policy, inDays(9))).toMatchObject({ auditEntries: 0 });
    expect(await applyRetention(store, policy, inDays(10))).toMatchObject({ auditEntries: 2 });
    expect(await kinds()).toEqual(['checkpoint', 'audit-pruned', 'retention-applied', 'checkpoint']);
  });
});

describe('damage', () => {
  it('is found while the store is in use, and said in the log', async () => {
    const logged: string[] = [];
    const log = pino({ level: 'info' }, { write: (line: string) => void logged.push(line) });
    await watchForDamage(store, log);
    expect(logged).toEqual([]);
    // Closing moves the log into the file.
    await store.close();
    store = await openStore({ dir, keyProvider: fileKeyProvider(join(dir, 'key')) });
    const file = join(dir, 'store', 'store.db');
    const bytes = await readFile(file);
    bytes[bytes.length - 3000]! ^= 1;
    await writeFile(file, bytes);
    await watchForDamage(store, log);
    expect(logged.join()).toContain('store-corrupt');
  });
});

describe('the recorder', () => {
  it('goes on without the log while the disk is full, and says so afterwards', async () => {
    const written: AuditEntry[] = [];
    let error: Error | null = new LintelError('store-full');
    const audit = {
      append: (entry: AuditEntry) => {
        if (error !== null) return Promise.reject(error);
        written.push(entry);
        return Promise.resolve();
      },
    } as unknown as AuditLog;
    const record = createRecorder(audit, pino({ level: 'silent' }));
    await record({ kind: 'signed-in' });
    await record({ kind: 'signed-in' });
    error = null;
    await record({ kind: 'signed-in' });
    await record({ kind: 'signed-in' });
    expect(written.map(({ kind }) => kind)).toEqual(['audit-gap', 'signed-in', 'signed-in']);
    expect(written[0]).toMatchObject({ missed: 2 });
    error = new LintelError('store-corrupt');
    await expect(record({ kind: 'signed-in' })).rejects.toMatchObject({ code: 'store-corrupt' });
  });
});

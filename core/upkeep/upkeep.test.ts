import { randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { AuditRecord, LintelError, type AuditEntry } from '#contract';
import { LOCAL_ACCOUNT as ME, type AuditLog, type SqlStore, UnsyncedError } from '#core/store';
import { temporaryStore, type TemporaryStore } from '../store/testing/temporary-store.ts';
import {
  applyRetention,
  createRecorder,
  isClockDoubted,
  isClockPlausible,
  trustClock,
  watchForDamage,
} from './index.ts';

const DAY_MS = 86_400_000;
const MODEL = 'model-1';

let place: TemporaryStore;
let store: SqlStore;
let reference: number;

beforeEach(async () => {
  place = await temporaryStore();
  ({ store } = place);
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
afterEach(() => place.remove());

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
    await trustClock(store, inDays(days));
    const policy = { keepImages, keepAuditDays: 3650 * 2, keepEventDays: 3650 };
    await applyRetention(store, policy, inDays(days));
    expect((await store.referenceImage(ME, reference)) !== null).toBe(kept);
    expect((await kinds()).includes('retention-applied')).toBe(!kept);
    expect(await store.scrub()).toBe(false);
  });

  it('of the audit log removes what is older, up to a checkpoint', async () => {
    const policy = { keepImages: 'always', keepAuditDays: 10, keepEventDays: 10 } as const;
    expect(await applyRetention(store, policy, inDays(0))).toMatchObject({ auditEntries: 0 });
    expect(await kinds()).toEqual(['collection-created', 'enrolled', 'checkpoint']);
    expect(await applyRetention(store, policy, inDays(9))).toMatchObject({ auditEntries: 0 });
    expect(await applyRetention(store, policy, inDays(10))).toMatchObject({ auditEntries: 2 });
    expect(await kinds()).toEqual(['checkpoint', 'audit-pruned', 'retention-applied', 'checkpoint']);
  });
});

describe('a clock that jumps', () => {
  const policy = { keepImages: 30, keepAuditDays: 10, keepEventDays: 10 } as const;
  const kept = async () => (await store.referenceImage(ME, reference)) !== null;
  const doubted = async () => (await kinds()).filter((kind) => kind === 'clock-doubted').length;
  const years = (count: number): Date => inDays(365 * count);

  it.each([
    ['1970', new Date(0)],
    ['2038', new Date('2038-01-19T03:14:08Z')],
    ['the month after next', inDays(60)],
  ])('to %s removes nothing, and says so once', async (_when, now) => {
    for (let hour = 0; hour < 3; hour++) {
      const at = new Date(now.getTime() + hour * 3_600_000);
      await expect(applyRetention(store, policy, at, hour * 3_600_000)).rejects.toMatchObject({
        code: 'clock-implausible',
      });
      // What happens meanwhile is logged with the wrong time, and proves nothing.
      await store.audit.append({ kind: 'signed-in' });
    }
    expect(await kept()).toBe(true);
    expect((await kinds()).slice(0, 2)).toEqual(['collection-created', 'enrolled']);
    expect(await doubted()).toBe(1);
    expect(await isClockDoubted(store)).toBe(true);
    await applyRetention(store, policy, inDays(0), 3 * 3_600_000);
    expect(await isClockDoubted(store)).toBe(false);
  });

  it('is believed when an operator says so', async () => {
    await expect(applyRetention(store, policy, years(2))).rejects.toMatchObject({
      code: 'clock-implausible',
    });
    await trustClock(store, years(2));
    await applyRetention(store, policy, years(2));
    expect(await kept()).toBe(false);
  });

  it('is no jump where as much time has passed by a clock that cannot be set', async () => {
    await applyRetention(store, policy, inDays(0), 0);
    await applyRetention(store, policy, inDays(90), 90 * DAY_MS);
    expect(await kept()).toBe(false);
  });

  it('again and again is held against what was known at first', async () => {
    const hour = 3_600_000;
    const refused = { code: 'clock-implausible' };
    await applyRetention(store, policy, inDays(0), 0);
    await applyRetention(store, policy, inDays(20), hour);
    await expect(applyRetention(store, policy, inDays(40), 2 * hour)).rejects.toMatchObject(refused);
    expect(await kept()).toBe(true);
    // Nor back, from where it was last believed.
    await expect(applyRetention(store, policy, inDays(18), 3 * hour)).rejects.toMatchObject(refused);
    await applyRetention(store, policy, inDays(20.2), 4 * hour);
    // By another process, as at the command line.
    await trustClock(store, inDays(40));
    await applyRetention(store, policy, inDays(40), 5 * hour);
    expect(await kept()).toBe(false);
  });

  it('is seen without a look of retention, and nothing is noted then', async () => {
    await applyRetention(store, policy, inDays(0), 0);
    expect(await isClockPlausible(store, inDays(-2), 0)).toBe(false);
    expect(await isClockPlausible(store, inDays(90), 0)).toBe(false);
    expect(await isClockPlausible(store, inDays(90), 90 * DAY_MS)).toBe(true);
    expect(await isClockDoubted(store)).toBe(false);
  });

  it('leaves entries of the wrong time as old as those around them', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    const at = async (time: Date): Promise<void> => {
      vi.setSystemTime(time);
      await store.audit.append({ kind: 'signed-in' });
      await store.audit.checkpoint();
    };
    const before = (await kinds()).length;
    const start = Date.now();
    const later = (days: number): Date => new Date(start + days * DAY_MS);
    // In 1970, in 2038, and then as it is: all of it in the last days.
    for (const time of [later(1), new Date(0), new Date('2038-01-01'), later(2)]) await at(time);
    await trustClock(store, later(5));
    vi.setSystemTime(later(5));
    expect(await applyRetention(store, policy, later(5))).toMatchObject({ auditEntries: 0 });
    expect((await kinds()).length).toBeGreaterThan(before + 8);
    await trustClock(store, later(11.5));
    const { auditEntries } = await applyRetention(store, policy, later(11.5));
    // Up to the checkpoint of the first day, not further.
    expect(auditEntries).toBe(before + 1);
    vi.useRealTimers();
  });

  it('makes pictures of the wrong time as old as when that was noticed', async () => {
    vi.useFakeTimers({ toFake: ['Date'], now: 0 });
    const template = new Float32Array(512).fill(Math.sqrt(1 / 512));
    const image = Buffer.from('image');
    await store.addFace(ME, 'c', {
      faceId: `face_${randomBytes(16).toString('hex')}`,
      references: [{ modelId: MODEL, template, quality: 1, source: 'camera', image }],
    });
    vi.useRealTimers();
    const [, second] = await store.referenceIds(ME, 'c', MODEL);
    await trustClock(store, new Date());
    await applyRetention(store, policy, new Date());
    expect(await store.referenceImage(ME, second!)).not.toBeNull();
    await trustClock(store, inDays(31));
    await applyRetention(store, policy, inDays(31));
    expect(await store.referenceImage(ME, second!)).toBeNull();
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
    store = await place.open();
    const file = join(place.dir, 'data', 'store', 'store.db');
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
    await Promise.all([record({ kind: 'signed-in' }), record({ kind: 'signed-in' })]);
    expect(written.map(({ kind }) => kind).toSorted()).toEqual(['audit-gap', 'signed-in', 'signed-in']);
    expect(written[0]).toMatchObject({ missed: 2 });
    // It stands in the log, though the disk has not confirmed it.
    const unsynced = new UnsyncedError(new LintelError('disk-failing'), undefined);
    const append = vi.spyOn(audit, 'append').mockImplementation(async (entry) => {
      written.push(entry);
      throw unsynced;
    });
    written.length = 0;
    await record({ kind: 'signed-in' });
    append.mockRestore();
    await record({ kind: 'signed-in' });
    expect(written.map(({ kind }) => kind)).toEqual(['signed-in', 'signed-in']);
    error = new LintelError('store-corrupt');
    await expect(record({ kind: 'signed-in' })).rejects.toMatchObject({ code: 'store-corrupt' });
  });
});

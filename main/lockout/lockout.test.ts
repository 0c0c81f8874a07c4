import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { LintelError, type ErrorCode } from '#contract';
import { fileKekProvider, openStore, type Store, UnsyncedError } from '#core/store';
import type { Rows } from '../secrets/index.ts';
import { createLockout, lockAfter } from './lockout.ts';

const MINUTE = 60_000;

describe('a lock', () => {
  it.each([
    [1, 0],
    [4, 0],
    [5, 30],
    [6, 60],
    [7, 120],
    [9, 480],
    [10, 900],
    [50, 900],
    [2000, 900],
  ])('after %i failures in a row lasts %i s', (failures, seconds) => {
    expect(lockAfter(failures)).toBe(seconds * 1000);
  });

  it('begins later where more failures are free', () => {
    expect([lockAfter(9, 9), lockAfter(10, 9)]).toEqual([0, 30_000]);
  });
});

describe('in the store', () => {
  let dir: string;
  const stores: Store[] = [];
  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'lintel-lockout-'));
    // As two processes have it.
    for (let i = 0; i < 2; i++) {
      stores.push(await openStore({ dir, kekProvider: fileKekProvider(join(dir, 'key')) }));
    }
  });
  afterAll(async () => {
    for (const store of stores) await store.close();
    await rm(dir, { recursive: true });
  });

  it('every failure counts, also when two processes record one at the same moment', async () => {
    const lockouts = stores.map((store) => createLockout(store, 'a', () => 0));
    await Promise.all([0, 1, 0, 1, 0].map((i) => lockouts[i]!.failed()));
    expect(await lockouts[0]!.remaining()).toBe(30_000);
  });

  it('lasts for ever where an end to trying is set, until it is forgotten', async () => {
    let time = 0;
    const lockout = createLockout(stores[0]!, 'b', () => time, { free: 1, most: 4 });
    for (let i = 1; i < 4; i++) {
      await lockout.failed();
      time += 15 * MINUTE;
    }
    expect(await lockout.remaining()).toBe(0);
    expect(await lockout.failed()).toBe(Infinity);
    time += 365 * 24 * 3_600_000;
    expect(await lockout.remaining()).toBe(Infinity);
    await lockout.reset();
    expect(await lockout.remaining()).toBe(0);
  });

  describe('that takes nothing for a while', () => {
    let code: ErrorCode | null;
    let isWritten = false;
    const written = async <T>(write: () => Promise<T>): Promise<T> => {
      if (code === null) return await write();
      throw isWritten ? new UnsyncedError(new LintelError(code), await write()) : new LintelError(code);
    };
    const rows: Rows = {
      getSecret: (of) => stores[0]!.getSecret(of),
      setSecret: (...row) => written(() => stores[0]!.setSecret(...row)),
      changeSecret: (...row) => written(() => stores[0]!.changeSecret(...row)),
    };
    const counting = (name: string, mayWait: boolean) =>
      createLockout(rows, name, () => 0, { free: 4, most: Infinity, mayWait });
    const kept = (name: string) => createLockout(stores[1]!, name).count();
    beforeEach(() => {
      code = null;
      isWritten = false;
    });

    it.each<ErrorCode>(['store-full', 'store-read-only', 'disk-failing', 'store-busy'])(
      'a count goes on in memory, and is kept at the next chance: %s',
      async (refusal) => {
        const name = `waits-${refusal}`;
        const lockout = counting(name, true);
        await lockout.failed();
        code = refusal;
        for (let i = 0; i < 3; i++) expect(await lockout.failed()).toBe(0);
        expect(await Promise.all([lockout.failed(), lockout.failed()])).toEqual([60_000, 60_000]);
        expect([await lockout.count(), await lockout.remaining(), await kept(name)]).toEqual([6, 60_000, 1]);
        code = null;
        await lockout.failed();
        expect([await lockout.count(), await kept(name)]).toEqual([7, 7]);
      },
    );

    it('what is forgotten begins anew, and the disk learns of it at the next chance', async () => {
      const lockout = counting('anew', true);
      for (let i = 0; i < 5; i++) await lockout.failed();
      code = 'store-read-only';
      await lockout.reset();
      expect([await lockout.count(), await lockout.remaining(), await kept('anew')]).toEqual([0, 0, 5]);
      await lockout.failed();
      expect(await lockout.count()).toBe(1);
      code = null;
      await lockout.failed();
      expect([await lockout.count(), await kept('anew')]).toEqual([2, 2]);
      code = 'store-full';
      await lockout.reset();
      code = null;
      await lockout.reset();
      expect(await stores[1]!.getSecret('anew')).toBeNull();
    });

    it('a failure that is written but not confirmed counts once', async () => {
      const lockout = counting('unsynced', true);
      [code, isWritten] = ['disk-failing', true];
      for (let i = 1; i <= 4; i++) {
        expect(await lockout.failed()).toBe(0);
        expect([await lockout.count(), await kept('unsynced')]).toEqual([i, i]);
      }
      await lockout.reset();
      expect([await lockout.count(), await kept('unsynced')]).toEqual([0, 0]);
    });

    it('an attempt that must be kept is none', async () => {
      const lockout = counting('strict', false);
      code = 'store-full';
      await expect(lockout.failed()).rejects.toMatchObject({ code });
      code = null;
      expect(await lockout.failed()).toBe(0);
      expect(await lockout.count()).toBe(1);
    });
  });

  describe('under a clock that jumps', () => {
    let names = 0;
    let name: string;
    /** Monotonic: of one run of the machine. */
    let time: number;
    const start = () => createLockout(stores[0]!, name, () => time);
    const locked = async (failures: number) => {
      names += 1;
      [name, time] = [`clock-${names}`, 1_000_000];
      const lockout = start();
      for (let i = 0; i < failures; i++) await lockout.failed();
      return lockout;
    };
    afterEach(() => vi.useRealTimers());

    it.each([
      ['ahead by a year', 365 * 24 * 60 * MINUTE],
      ['back by a year', -365 * 24 * 60 * MINUTE],
    ])('%s, runs on as it was', async (_what, jump) => {
      const lockout = await locked(6);
      time += 20_000;
      vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + jump });
      expect(await lockout.remaining()).toBe(40_000);
      time += 39_999;
      expect(await lockout.remaining()).toBe(1);
      time += 1;
      expect(await lockout.remaining()).toBe(0);
    });

    it.each([
      ['ahead by a year', 365 * 24 * 60 * MINUTE],
      ['back by a year', -365 * 24 * 60 * MINUTE],
    ])('%s while the machine was off, begins again in full', async (_what, jump) => {
      await locked(7);
      // The clock of another run starts again from its own zero.
      time = 5;
      vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + jump });
      const lockout = start();
      time += 30_000;
      // Since the start, and not since it was asked first.
      expect(await lockout.remaining()).toBe(90_000);
      time += 90_000;
      expect(await lockout.remaining()).toBe(0);
      expect(await lockout.failed()).toBe(240_000);
    });

    it('opens the rows of older versions, which say until when by the wall clock', async () => {
      [name, time] = ['older', 0];
      const row = { failures: 5, lockedUntil: Date.now() + 365 * 24 * 60 * MINUTE };
      await stores[0]!.setSecret(name, Buffer.from(JSON.stringify(row)));
      const lockout = start();
      expect(await lockout.remaining()).toBe(30_000);
      expect(await lockout.failed()).toBe(60_000);
    });
  });
});

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fileKeyProvider, openStore, type Store } from '#core/store';
import { afterFailure, createLockout, remainingLock, UNLOCKED, type LockState } from './lockout.ts';

const NOW = 1_700_000_000_000;

function fail(times: number, free?: number): LockState {
  let state = UNLOCKED;
  for (let i = 0; i < times; i++) state = afterFailure(state, NOW, free);
  return state;
}

describe('lockout', () => {
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
    expect(remainingLock(fail(failures), NOW)).toBe(seconds * 1000);
  });

  it('begins later where more failures are free', () => {
    expect(remainingLock(fail(9, 9), NOW)).toBe(0);
    expect(remainingLock(fail(10, 9), NOW)).toBe(30_000);
  });

  it('runs out', () => {
    expect(remainingLock(fail(5), NOW + 29_999)).toBe(1);
    expect(remainingLock(fail(5), NOW + 30_000)).toBe(0);
  });

  it('never outlasts 15 minutes, whatever the clock was set to', () => {
    expect(remainingLock(fail(5), NOW - 365 * 24 * 3_600_000)).toBe(15 * 60_000);
  });
});

describe('in the store', () => {
  let dir: string;
  const stores: Store[] = [];
  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'lintel-lockout-'));
    // As two processes have it.
    for (let i = 0; i < 2; i++) {
      stores.push(await openStore({ dir, keyProvider: fileKeyProvider(join(dir, 'key')) }));
    }
  });
  afterAll(async () => {
    for (const store of stores) await store.close();
    await rm(dir, { recursive: true });
  });

  it('every failure counts, whoever notes it at the same moment', async () => {
    const lockouts = stores.map((store) => createLockout(store, 'a', () => NOW));
    await Promise.all([0, 1, 0, 1, 0].map((i) => lockouts[i]!.failed()));
    expect(await lockouts[0]!.remaining()).toBe(30_000);
  });

  it('lasts for ever where an end to trying is set, until it is forgotten', async () => {
    let time = NOW;
    const lockout = createLockout(stores[0]!, 'b', () => time, { free: 1, most: 4 });
    for (let i = 1; i < 4; i++) {
      await lockout.failed();
      time += 15 * 60_000;
    }
    expect(await lockout.remaining()).toBe(0);
    expect(await lockout.failed()).toBe(Infinity);
    time += 365 * 24 * 3_600_000;
    expect(await lockout.remaining()).toBe(Infinity);
    await lockout.reset();
    expect(await lockout.remaining()).toBe(0);
  });
});

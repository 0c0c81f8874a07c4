import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { claimDataFolder, fileKekProvider, openStore, type Claim, type Store } from '../index.ts';

let root: string;
let dir: string;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'lintel-running-'));
  dir = join(root, 'data');
});
afterEach(async () => await rm(root, { recursive: true }));

const open = (claim: Claim, at = dir): Promise<Store> =>
  openStore({ dir: at, kekProvider: fileKekProvider(join(root, 'key')), claim });

const removeLock = (at = dir): Promise<void> => rm(join(at, 'running.lock'));

describe('a data folder that a process runs on', () => {
  it('is refused to a second one, by the lock', async () => {
    const first = await claimDataFolder(dir);
    await expect(claimDataFolder(dir)).rejects.toMatchObject({ code: 'already-running' });
    first.release();
    (await claimDataFolder(dir)).release();
  });

  it('is refused by the store where the lock was removed by hand', async () => {
    const first = await claimDataFolder(dir);
    const store = await open(first);
    await removeLock();
    const second = await claimDataFolder(dir);
    await expect(open(second)).rejects.toMatchObject({ code: 'already-running' });
    second.release();
    // Commands make no claim.
    await (await openStore({ dir, kekProvider: fileKekProvider(join(root, 'key')) })).close();
    await store.close();
    first.release();
    const third = await claimDataFolder(dir);
    await (await open(third)).close();
    third.release();
  });

  it('is no reason to refuse a copy of it elsewhere', async () => {
    const first = await claimDataFolder(dir);
    const store = await open(first);
    const copy = join(root, 'copy');
    await cp(dir, copy, { recursive: true });
    const second = await claimDataFolder(copy);
    const other = await open(second, copy);
    expect(await other.accounts.list()).toEqual([]);
    await other.close();
    second.release();
    await store.close();
    first.release();
  });
});

it('a file that is no lock is named, and stays as it is', async () => {
  const first = await claimDataFolder(dir);
  first.release();
  await writeFile(join(dir, 'running.lock'), 'x'.repeat(5000));
  await expect(claimDataFolder(dir)).rejects.toMatchObject({ code: 'data-folder-unsafe' });
});

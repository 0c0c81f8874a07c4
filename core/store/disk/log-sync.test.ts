import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { createLogSync } from './log-sync.ts';

const folder = await mkdtemp(join(tmpdir(), 'lintel-log-sync-'));
afterAll(() => rm(folder, { recursive: true }));

it('flushes once for all that ask before it begins, and again for who asks afterwards', async () => {
  const database = join(folder, 'a.db');
  await writeFile(`${database}-wal`, 'committed');
  const sync = createLogSync(database);
  const first = sync();
  expect(sync()).toBe(first);
  await first;
  expect(sync()).not.toBe(first);
});

it('fails for those who asked while it could not, and for no other caller', async () => {
  const database = join(folder, 'b.db');
  const sync = createLogSync(database);
  await expect(sync()).rejects.toMatchObject({ code: 'ENOENT' });
  await writeFile(`${database}-wal`, 'committed');
  await expect(sync()).resolves.toBeUndefined();
});

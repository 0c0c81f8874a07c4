import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { createCalibration } from '#core/matching';
import { fileKekProvider, openStore, storeInFile } from '#core/store';
import { openDatabase, withDataKey } from '#core/store/file';
import { madeUpTable } from '../core/matching/testing/made-up-table.ts';
import { Galleries } from './galleries.ts';

const dir = await mkdtemp(join(tmpdir(), 'lintel-galleries-'));
afterAll(() => rm(dir, { recursive: true }));

const calibration = createCalibration(
  madeUpTable([
    [1e-3, 0.3],
    [1e-6, 0.6],
  ]),
);

it('opens a gallery again where the store was busy for the first who asked', async () => {
  const kekProvider = fileKekProvider(join(dir, 'key'));
  await (await openStore({ dir, kekProvider })).close();
  await withDataKey(dir, kekProvider, async (path, dataKey) => {
    const [holder, connection] = [openDatabase(path, dataKey), openDatabase(path, dataKey)];
    connection.pragma('busy_timeout = 20');
    const store = storeInFile(connection);
    const galleries = new Galleries({ store, modelId: 'model-1', dimension: 128, calibration });
    holder.exec('BEGIN IMMEDIATE');
    await expect(galleries.of('acct_a')).rejects.toMatchObject({ code: 'store-busy' });
    holder.exec('ROLLBACK');
    const gallery = await galleries.of('acct_a');
    expect(await gallery.listCollections()).toEqual([]);
    expect(await galleries.of('acct_a')).toBe(gallery);
    holder.close();
    await store.close();
  });
});

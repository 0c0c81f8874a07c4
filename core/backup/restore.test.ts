import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import {
  fileKekProvider,
  LOCAL_ACCOUNT as ME,
  openStore,
  type KekProvider,
  type SqlStore,
} from '#core/store';
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

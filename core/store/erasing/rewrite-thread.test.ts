import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as breathe } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { fileKekProvider, openStore, type Store } from '../index.ts';
import { newFaceId, newReference } from '../testing/made-up-faces.ts';
import { withDataKey } from '../file/place.ts';
import { readPages } from '../file/pages.ts';

const FACES = 60;
const account = 'acct_1';

let folder: string;
let dir: string;
let store: Store;

const kekProvider = () => fileKekProvider(join(folder, 'key'));
const keyOf = (number: number): string => `the-key-of-face-${number.toString().padStart(3, '0')}`;
const add = (number: number) =>
  store.addFace(account, 'c', {
    faceId: newFaceId(),
    references: [newReference()],
    externalKey: keyOf(number),
  });

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lintel-rewrite-'));
  dir = join(folder, 'data');
  store = (await openStore({ dir, kekProvider: kekProvider(), rewriteAside: true })).as('api:acct_1');
  await store.createCollection(account, 'c');
});
afterEach(async () => {
  await store.close();
  await rm(folder, { recursive: true });
});

/** The decrypted pages, and how long the write-ahead log is. */
async function onDisk(): Promise<{ pages: Buffer; log: number }> {
  const pages = await withDataKey(dir, kekProvider(), (path, dataKey) =>
    Array.fromAsync(readPages(path, dataKey)),
  );
  return { pages: Buffer.concat(pages), log: (await stat(join(dir, 'store', 'store.db-wal'))).size };
}

it('leaves nothing of deleted faces in any page, nor in the log', async () => {
  const faces = [];
  for (let i = 0; i < FACES; i++) faces.push(await add(i));
  await store.setExternalKey(account, 'c', faces[0]!.faceId, 'another-key', false);
  for (const { faceId } of faces.slice(1, 30)) await store.deleteFace(account, 'c', faceId);
  await store.deleteFacesByExternalKey(account, 'c', keyOf(30));
  expect(await store.scrub()).toBe(true);
  const { pages, log } = await onDisk();
  for (let i = 0; i < FACES; i++) {
    expect([i, pages.includes(keyOf(i))]).toEqual([i, i > 30]);
  }
  expect(log).toBeLessThan(100_000);
  expect(await store.scrub()).toBe(false);
});

it('holds writes back until it is done, and nothing else', async () => {
  const { faceId } = await add(1);
  await store.deleteFace(account, 'c', faceId);
  const order: string[] = [];
  const scrubbed = store.scrub().then(() => order.push('scrubbed'));
  // The thread has begun, and takes far longer than this.
  await breathe();
  const written = add(2).then(() => order.push('written'));
  await store.listFaces(account, 'c');
  order.push('read');
  await Promise.all([scrubbed, written]);
  expect(order[0]).toBe('read');
  expect(await store.listFaces(account, 'c')).toMatchObject({ total: 1 });
});

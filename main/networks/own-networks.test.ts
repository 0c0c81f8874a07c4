import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { NETWORK_FAMILIES } from '#core/recognition';
import { fileKekProvider, openStore, type Store } from '#core/store';
import { tinyNetwork } from '../../core/recognition/testing/onnx.ts';
import { addOwnNetwork, removeOwnNetwork, wholeOwnNetworks } from './index.ts';

let folder: string;
let data: string;
let store: Store & { close(): Promise<void> };

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lintel-networks-'));
  data = join(folder, 'data');
  store = await openStore({ dir: data, kekProvider: fileKekProvider(join(folder, 'key')) });
});
afterAll(async () => {
  await store.close();
  await rm(folder, { recursive: true });
});

/** Adds a network of its own file for each dimension. */
async function add(name: string, dimension: number): Promise<unknown> {
  const spec = { ...NETWORK_FAMILIES.arcface, side: 32, dimension };
  const file = join(folder, `${dimension}.onnx`);
  await writeFile(file, tinyNetwork(32, dimension));
  return await addOwnNetwork(store, data, { file, name, licence: 'for tests', spec });
}

it('leaves no file of a network that cannot be noted, and none that is no longer', async () => {
  const files = () => readdir(join(data, 'networks'));
  for (let i = 0; i < 15; i++) await add(`alike-${i}`, 32);
  await add('other', 33);
  expect(await files()).toHaveLength(2);

  await expect(add('other', 34)).rejects.toMatchObject({ code: 'file-exists' });
  await expect(add('further', 34)).rejects.toMatchObject({ code: 'usage' });
  // What was noted under another name stays.
  await expect(add('other', 32)).rejects.toMatchObject({ code: 'file-exists' });
  expect(await files()).toHaveLength(2);
  expect((await wholeOwnNetworks(store, data)).every(({ isWhole }) => isWhole)).toBe(true);

  await removeOwnNetwork(store, data, 'alike-0');
  expect(await files()).toHaveLength(2);
  await removeOwnNetwork(store, data, 'other');
  expect(await files()).toHaveLength(1);
});

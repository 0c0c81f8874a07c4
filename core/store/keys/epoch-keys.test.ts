import { link, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { epochKeysIn } from './epoch-keys.ts';
import { fileKekProvider } from './key-file.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lintel-epoch-'));
});
afterEach(() => rm(folder, { recursive: true }));

const keys = (name = 'epochs') => epochKeysIn(join(folder, name), fileKekProvider(join(folder, 'key')));
const plain = Buffer.alloc(32, 7);

it('seal until they are destroyed, and no other opens what they sealed', async () => {
  const [first, second] = [await keys().generate(), await keys().generate()];
  const wrapped = await keys().wrap(first, plain);
  expect(await keys().unwrap(first, wrapped)).toEqual(plain);
  await expect(keys().unwrap(second, wrapped)).rejects.toMatchObject({ code: 'store-key-wrong' });
  await keys().destroy(first);
  await keys().destroy(first);
  expect(await readdir(join(folder, 'epochs'))).toEqual([second]);
  await expect(keys().unwrap(first, wrapped)).rejects.toMatchObject({ code: 'store-epoch-missing' });
});

it('may be destroyed by several servers at once', async () => {
  for (let round = 0; round < 20; round++) {
    const id = await keys().generate();
    await Promise.all(Array.from({ length: 8 }, () => keys().destroy(id)));
  }
  expect(await readdir(join(folder, 'epochs'))).toEqual([]);
});

it('overwrite the file that they lay in, whatever else names it', async () => {
  const id = await keys().generate();
  const file = join(folder, 'epochs', id);
  await link(file, join(folder, 'another-name'));
  const before = await readFile(file);
  await keys().destroy(id);
  const after = await readFile(join(folder, 'another-name'));
  expect(after).toHaveLength(before.length);
  expect(after.subarray(0, 16)).not.toEqual(before.subarray(0, 16));
});

it('lie in their folder only, whatever a database says, and are told from damaged ones', async () => {
  await writeFile(join(folder, 'kept'), 'x');
  for (const id of ['../kept', join(folder, 'kept'), '', '.']) {
    await expect(keys().destroy(id)).rejects.toMatchObject({ code: 'store-corrupt' });
    await expect(keys().unwrap(id, plain)).rejects.toMatchObject({ code: 'store-corrupt' });
  }
  expect(await readFile(join(folder, 'kept'), 'utf8')).toBe('x');
  const id = await keys().generate();
  await writeFile(join(folder, 'epochs', id), 'damaged');
  await expect(keys().unwrap(id, plain)).rejects.toMatchObject({ code: 'store-corrupt' });
  await writeFile(join(folder, 'a-file'), '');
  await expect(keys('a-file').generate()).rejects.toMatchObject({ code: 'store-epoch-missing' });
});

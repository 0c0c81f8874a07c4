import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { listImages, readPairs, type LabelledImage } from './images.ts';

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'lintel-eval-'));
  for (const person of ['bob', 'alice']) await mkdir(join(dir, person));
  for (const file of ['bob/2.PNG', 'bob/1.jpeg', 'bob/notes.txt', 'alice/1.jpg', 'stray.jpg']) {
    await writeFile(join(dir, file), '');
  }
});
afterAll(async () => await rm(dir, { recursive: true }));

describe('listImages', () => {
  it('takes JPEG and PNG files of each person in order', async () => {
    expect(await listImages(dir)).toEqual([
      { person: 'alice', path: 'alice/1.jpg' },
      { person: 'bob', path: 'bob/1.jpeg' },
      { person: 'bob', path: 'bob/2.PNG' },
    ]);
  });

  it.each(['bob', 'nowhere'])('refuses a folder without people: %s', async (name) => {
    await expect(listImages(join(dir, name))).rejects.toMatchObject({ code: 'usage' });
  });
});

describe('readPairs', () => {
  const images: LabelledImage[] = ['x/1.jpg', 'x/2.jpg', 'y/1.jpg'].map((path) => ({
    person: path[0]!,
    path,
  }));
  const read = async (text: string) => {
    const file = join(dir, 'pairs.csv');
    await writeFile(file, text);
    return await readPairs(file, images);
  };

  it('reads paths and whether they show the same person', async () => {
    expect(await read('a,b,same\nx/1.jpg,x/2.jpg,1\r\nx/1.jpg,y/1.jpg,0\n')).toEqual([
      { a: 'x/1.jpg', b: 'x/2.jpg', same: true },
      { a: 'x/1.jpg', b: 'y/1.jpg', same: false },
    ]);
  });

  it.each([
    ['a wrong header', 'left,right,same\n', /no header/],
    ['a missing column', 'a,b,same\nx/1.jpg,x/2.jpg\n', /Line 2 /],
    ['an answer that is neither 1 nor 0', 'a,b,same\nx/1.jpg,x/2.jpg,1\nx/1.jpg,y/1.jpg,no\n', /Line 3 /],
    ['an image that does not exist', 'a,b,same\nx/1.jpg,z/1.jpg,0\n', /z\/1\.jpg/],
  ])('refuses %s', async (_, text, message) => {
    const error: unknown = await read(text).catch((e: unknown) => e);
    expect(error).toMatchObject({ code: 'usage', message: expect.stringMatching(message) });
  });
});

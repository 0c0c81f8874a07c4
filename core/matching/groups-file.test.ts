import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { readGroups } from './groups-file.ts';

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'lintel-groups-'));
});
afterAll(async () => await rm(dir, { recursive: true }));

const read = async (text: string) => {
  const file = join(dir, 'groups.csv');
  await writeFile(file, text);
  return await readGroups(file);
};

it('names the group of each person', async () => {
  const groupOf = await read('person,group\r\nAda,x\r\nBo,y\r\n');
  const of = (person: string) => groupOf({ person, path: `${person}/1.jpg` });
  expect([of('Ada'), of('Bo'), of('Cy')]).toEqual(['x', 'y', undefined]);
});

it('takes a file that begins with a byte order mark, as spreadsheets write it', async () => {
  const groupOf = await read('\ufeffperson,group\nAda,x\n');
  expect(groupOf({ person: 'Ada', path: '' })).toBe('x');
});

it('names the group of each image', async () => {
  const groupOf = await read('image,group\nAda/1.jpg,dark\n');
  expect(groupOf({ person: 'Ada', path: 'Ada/1.jpg' })).toBe('dark');
  expect(groupOf({ person: 'Ada', path: 'Ada/2.jpg' })).toBeUndefined();
});

it.each([
  ['name,group\nAda,x\n', 'no header'],
  ['person,group\nAda,x\nBo\n', 'Line 3'],
  ['person,group\nAda,x,y\n', 'Line 2'],
  ['image,group\nAda/1.jpg\n', 'not an image'],
])('is refused: %j', async (text, message) => {
  await expect(read(text)).rejects.toMatchObject({
    code: 'usage',
    message: expect.stringContaining(message) as unknown,
  });
});

it('has to be there', async () => {
  await expect(readGroups(join(dir, 'nothing.csv'))).rejects.toMatchObject({ code: 'usage' });
});

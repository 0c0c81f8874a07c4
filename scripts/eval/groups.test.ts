import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { groupRates, readGroups } from './groups.ts';

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'lintel-groups-'));
});
afterAll(async () => await rm(dir, { recursive: true }));

describe('readGroups', () => {
  it('is null without a file', async () => expect(await readGroups(dir)).toBeNull());

  it('reads the group of each person', async () => {
    await writeFile(join(dir, 'groups.csv'), 'person,group\r\nAda,x\r\nBo,y\r\n');
    expect(await readGroups(dir)).toEqual(
      new Map([
        ['Ada', 'x'],
        ['Bo', 'y'],
      ]),
    );
  });

  it.each([
    ['name,group\nAda,x\n', 'no header'],
    ['person,group\nAda,x\nBo\n', 'Line 3'],
    ['person,group\nAda,x,y\n', 'Line 2'],
  ])('refuses %j', async (text, message) => {
    await writeFile(join(dir, 'groups.csv'), text);
    await expect(readGroups(dir)).rejects.toMatchObject({
      code: 'usage',
      message: expect.stringContaining(message),
    });
  });
});

describe('groupRates', () => {
  /** Two people of two images in x who match each other once, one of two in y, one of one in z, one in no group. */
  const people = ['a', 'a', 'b', 'b', 'c', 'c', 'd', 'e', 'e'];
  const groups = new Map([
    ['a', 'x'],
    ['b', 'x'],
    ['c', 'y'],
    ['d', 'z'],
  ]);
  const close = new Set(['0-2', '0-1', '4-5', '0-6']);
  const rates = groupRates(
    { people, at: (i, j) => (close.has(`${Math.min(i, j)}-${Math.max(i, j)}`) ? 0.8 : 0.1) },
    groups,
    0.5,
  );

  it('compares within groups only', () => {
    expect(rates).toMatchObject([
      {
        group: 'x',
        people: 2,
        images: 4,
        falseMatch: { errors: 1, comparisons: 4, rate: 0.25 },
        falseNonMatch: { errors: 1, comparisons: 2, rate: 0.5, interval: [0, 1] },
      },
      {
        group: 'y',
        people: 1,
        images: 2,
        falseMatch: null,
        falseNonMatch: { errors: 0, comparisons: 1, rate: 0 },
      },
      { group: 'z', people: 1, images: 1, falseMatch: null, falseNonMatch: null },
    ]);
  });

  it('claims little where nothing went wrong', () => {
    expect(rates[1]!.falseNonMatch!.interval).toEqual([0, 1]);
  });
});

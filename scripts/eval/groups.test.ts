import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CalibrationTable } from '#contract';
import { modelFace } from '../../core/liveness/testing/model-head.ts';
import { madeUpTable } from '../../core/matching/testing/made-up-table.ts';
import {
  differential,
  groupRates,
  groupsByCondition,
  groupsOfFolder,
  readGroups,
  worstGroup,
} from './groups.ts';

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'lintel-groups-'));
});
afterAll(async () => await rm(dir, { recursive: true }));

const write = async (text: string): Promise<string> => {
  const file = join(dir, 'groups.csv');
  await writeFile(file, text);
  return file;
};

describe('a file of groups', () => {
  it('need not be there', async () => expect(await groupsOfFolder(dir)).toBeNull());

  it('names the group of each person', async () => {
    await write('person,group\r\nAda,x\r\nBo,y\r\n');
    const groupOf = await groupsOfFolder(dir);
    const of = (person: string) => groupOf!({ person, path: `${person}/1.jpg` });
    expect([of('Ada'), of('Bo'), of('Cy')]).toEqual(['x', 'y', undefined]);
  });

  it('names the group of each image', async () => {
    const groupOf = await readGroups(await write('image,group\nAda/1.jpg,dark\n'));
    expect(groupOf({ person: 'Ada', path: 'Ada/1.jpg' })).toBe('dark');
    expect(groupOf({ person: 'Ada', path: 'Ada/2.jpg' })).toBeUndefined();
  });

  it.each([
    ['name,group\nAda,x\n', 'no header'],
    ['person,group\nAda,x\nBo\n', 'Line 3'],
    ['person,group\nAda,x,y\n', 'Line 2'],
    ['image,group\nAda/1.jpg\n', 'not an image'],
  ])('is refused: %j', async (text, message) => {
    await expect(readGroups(await write(text))).rejects.toMatchObject({
      code: 'usage',
      message: expect.stringContaining(message) as unknown,
    });
  });

  it('that was asked for has to be there', async () => {
    await expect(readGroups(join(dir, 'nothing.csv'))).rejects.toMatchObject({ code: 'usage' });
  });
});

describe('groups by a measured condition', () => {
  it('are thirds of the images that have a face', () => {
    const images = [30, 10, 20, 60, 50, 40].map((meanLuma, i) => ({
      person: `${i}`,
      path: `${i}/1.jpg`,
      measurements: { ...modelFace().measurements, meanLuma },
    }));
    const groupOf = groupsByCondition(
      [...images, { person: 'nobody', path: 'nobody/1.jpg', measurements: null }],
      'brightness',
    );
    const thirds = images.map((image) => groupOf(image)?.replace(/.*, /, ''));
    expect(thirds).toEqual([
      'middle third',
      'lowest third',
      'lowest third',
      'highest third',
      'highest third',
      'middle third',
    ]);
    expect(groupOf({ person: 'nobody', path: 'nobody/1.jpg' })).toBeUndefined();
  });
});

describe('the worst group', () => {
  const table = (similarity: number): CalibrationTable =>
    madeUpTable([
      [1e-2, similarity],
      [1e-3, 0.9],
    ]);
  const subjects = ['x', 'y'].flatMap((group) =>
    Array.from({ length: 100 }, (_, i) => ({ person: `${group}${i}`, group })),
  );
  const few = { person: 'z', group: 'z' };

  it('is the one whose strangers are the most alike, of those that are large enough', () => {
    const { group, tooSmall } = worstGroup(
      [...subjects, few],
      (one) => one.group,
      (_, name) => table({ x: 0.3, y: 0.4, z: 0.8 }[name]!),
    );
    expect(group).toBe('y');
    expect(tooSmall).toEqual(['z']);
  });

  it('is none where all are too small', () => {
    expect(() =>
      worstGroup(
        [few],
        (one) => one.group,
        () => table(0.3),
      ),
    ).toThrow(/No group has 100/);
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
    (image) => groups.get(people[image]!),
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

  it('are the worst first, however they are called', () => {
    const renamed = new Map([...groups].map(([person, group]) => [person, group === 'x' ? 'zz' : group]));
    const again = groupRates(
      { people, at: (i, j) => (close.has(`${Math.min(i, j)}-${Math.max(i, j)}`) ? 0.8 : 0.1) },
      (image) => renamed.get(people[image]!),
      0.5,
    );
    expect(again.map(({ group }) => group)).toEqual(['zz', 'y', 'z']);
  });

  it('differ by the worst over the geometric mean, of those that have errors', () => {
    const rate = (value: number) => ({ errors: 1, comparisons: 1, rate: value, interval: [0, 1] as const });
    expect(differential([rate(0.04), rate(0.01), rate(0), null])).toBeCloseTo(2);
    expect(differential([rate(0.04), null])).toBeNull();
  });

  it('claims little where nothing went wrong', () => {
    expect(rates[1]!.falseNonMatch!.interval).toEqual([0, 1]);
  });
});

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { modelFace } from '../../core/liveness/testing/model-head.ts';
import { differential, groupRates, groupsByCondition, groupsOfFolder } from './groups.ts';

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'lintel-groups-'));
});
afterAll(async () => await rm(dir, { recursive: true }));

describe('a file of groups', () => {
  it('need not be there', async () => expect(await groupsOfFolder(dir)).toBeNull());

  it('is that of the folder', async () => {
    await writeFile(join(dir, 'groups.csv'), 'person,group\r\nAda,x\r\nBo,y\r\n');
    const groupOf = await groupsOfFolder(dir);
    const of = (person: string) => groupOf!({ person, path: `${person}/1.jpg` });
    expect([of('Ada'), of('Bo'), of('Cy')]).toEqual(['x', 'y', undefined]);
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

import { expect, it } from 'vitest';
import { PacedSearch } from './paced-search.ts';

/** Pictures 33 ms apart. @returns at which of them a face was looked for, and what was known at each */
async function look(faces: (picture: number) => string | null | undefined, gap: number, count = 12) {
  const searched: number[] = [];
  const search = new PacedSearch<{ face: string | null }>();
  const known = [];
  for (let picture = 0; picture < count; picture++) {
    const find = async () => {
      searched.push(picture);
      const face = faces(picture);
      return face === undefined ? null : { face };
    };
    known.push(await search.at(picture * 33, gap, find));
  }
  return { searched, known };
}

it('looks for a face that is there at its pace, and in each picture without one', async () => {
  const { searched, known } = await look(() => 'face', 100);
  expect(searched).toEqual([0, 4, 8]);
  expect(known[3]).toEqual({ face: 'face', foundAt: 0 });
  expect((await look(() => 'face', 0)).searched).toHaveLength(12);
});

it('looks again at once for a face that one picture missed', async () => {
  const { searched, known } = await look((picture) => (picture === 4 ? null : 'face'), 100);
  expect(searched).toEqual([0, 4, 5, 9]);
  expect(known[4]).toMatchObject({ face: null });
  expect(known[5]).toMatchObject({ face: 'face' });
});

it('knows nothing while nothing can be looked for, whatever was found before', async () => {
  const { known } = await look((picture) => (picture >= 4 ? undefined : 'face'), 100);
  expect(known.slice(4)).toEqual(Array(8).fill(null));
});

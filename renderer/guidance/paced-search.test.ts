import { expect, it } from 'vitest';
import { PacedSearch } from './paced-search.ts';

/** Pictures 33 ms apart. @returns at which of them a face was looked for, and what was known at each */
function look(faces: (picture: number) => string | null | undefined, gap: number, count = 12) {
  const searched: number[] = [];
  const search = new PacedSearch((at) => {
    const picture = at / 33;
    searched.push(picture);
    const face = faces(picture);
    return face === undefined ? null : { face };
  });
  const known = Array.from({ length: count }, (_, picture) => search.at(picture * 33, gap));
  return { searched, known };
}

it('looks for a face that is there at its pace, and in each picture without one', () => {
  const { searched, known } = look(() => 'face', 100);
  expect(searched).toEqual([0, 4, 8]);
  expect(known[3]).toEqual({ face: 'face', foundAt: 0 });
  expect(look(() => 'face', 0).searched).toHaveLength(12);
});

it('looks again at once for a face that one picture missed', () => {
  const { searched, known } = look((picture) => (picture === 4 ? null : 'face'), 100);
  expect(searched).toEqual([0, 4, 5, 9]);
  expect(known[4]).toMatchObject({ face: null });
  expect(known[5]).toMatchObject({ face: 'face' });
});

it('knows nothing while nothing can be looked for, whatever was found before', () => {
  const { known } = look((picture) => (picture >= 4 ? undefined : 'face'), 100);
  expect(known.slice(4)).toEqual(Array(8).fill(null));
});

import { expect, it } from 'vitest';
import { countLines, linesOf, lookedAtFirst, settled, unchecked } from './import-state.ts';

const row = (line: number, name: string, known: { name: string | null } | null, ...pictures: string[]) => ({
  line,
  person: { name, externalKey: null, access: null },
  pictures,
  known,
});

it('a list says before anybody is enrolled who is known, and what is missing or wrong', () => {
  const lines = linesOf(
    {
      rows: [
        row(2, 'Robin', null, 'photos/Robin.JPG'),
        row(3, 'Kim', { name: 'Kim Doe' }, 'kim.jpg'),
        row(5, 'Sasha', null, 'sasha-1.jpg', 'C:\\photos\\sasha-2.jpg'),
      ],
      bad: [
        { line: 4, name: 'Alex', externalKey: null, column: 'key', code: 'list-row-invalid' },
        { line: 6, name: null, externalKey: 'e-6', column: 'key', code: 'external-key-in-use', earlier: 2 },
      ],
    },
    new Set(['robin.jpg', 'sasha-1.jpg']),
  );
  expect(lines.map(({ line, state: { kind } }) => `${line} ${kind}`)).toEqual([
    '2 waiting',
    '3 known',
    '4 refused',
    '5 missing',
    '6 refused',
  ]);
  expect(lines.slice(1)).toMatchObject([
    { state: { holder: 'Kim Doe' } },
    { name: 'Alex', state: { column: 'key', earlier: null } },
    { state: { file: 'C:\\photos\\sasha-2.jpg' } },
    { name: 'e-6', state: { earlier: 2 } },
  ]);
  expect(unchecked(lines)).toEqual([lines[0]]);
  const checked = settled(lines, 2, { ...lines[0]!.state, unused: [] } as (typeof lines)[0]['state']);
  expect(unchecked(checked)).toEqual([]);
  expect(countLines(checked)).toEqual(countLines(lines));
  const enrolled = settled(lines, 2, { kind: 'enrolled', unused: [] });
  expect(lookedAtFirst(enrolled).map(({ line }) => line)).toEqual([4, 5, 6, 2, 3]);
  // Not all of the pictures that show them could be used.
  const partly = settled(lines, 2, { kind: 'enrolled', unused: [{ file: 'Robin.JPG', code: 'blurred' }] });
  expect(lookedAtFirst(partly).map(({ line }) => line)).toEqual([2, 4, 5, 6, 3]);
  expect(countLines(lines)).toEqual({ all: 5, waiting: 1, enrolled: 0, known: 1, left: 3 });
  expect(countLines(enrolled)).toEqual({ all: 5, waiting: 0, enrolled: 1, known: 1, left: 3 });
});

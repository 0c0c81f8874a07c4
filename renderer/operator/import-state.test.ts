import { expect, it } from 'vitest';
import { countLines, linesOf, settled } from './import-state.ts';

const row = (line: number, name: string, isKnown: boolean, ...pictures: string[]) => ({
  line,
  person: { name, externalKey: null, access: null },
  pictures,
  isKnown,
});

it('a list says before anybody is enrolled who is known, and what is missing or wrong', () => {
  const lines = linesOf(
    {
      rows: [
        row(2, 'Robin', false, 'photos/Robin.JPG'),
        row(3, 'Kim', true, 'kim.jpg'),
        row(5, 'Sasha', false, 'sasha-1.jpg', 'C:\\photos\\sasha-2.jpg'),
      ],
      bad: [{ line: 4, column: 'key', code: 'list-row-invalid' }],
    },
    new Set(['robin.jpg', 'sasha-1.jpg']),
  );
  expect(lines.map(({ line, state: { kind } }) => `${line} ${kind}`)).toEqual([
    '2 waiting',
    '3 known',
    '4 refused',
    '5 missing',
  ]);
  expect(lines[3]).toMatchObject({ state: { file: 'C:\\photos\\sasha-2.jpg' } });
  expect(countLines(settled(lines, 2, { kind: 'enrolled' }))).toEqual({
    waiting: 0,
    enrolled: 1,
    known: 1,
    held: 0,
    missing: 1,
    refused: 1,
  });
});

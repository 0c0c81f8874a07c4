import { expect, it } from 'vitest';
import {
  countForAdministrator,
  countLines,
  linesOf,
  lookedAtFirst,
  settled,
  unchecked,
} from './import-state.ts';

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
    true,
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

it('lines that set groups or a validity are for an administrator, who alone is offered to enrol from them', () => {
  const access = { groups: [], validFrom: null, validUntil: '2026-12-24' };
  const reserved = (line: number, known: { name: string | null } | null, picture: string) => {
    const each = row(line, 'Robin', known, picture);
    return { ...each, person: { ...each.person, access } };
  };
  const list = {
    rows: [
      reserved(2, null, 'robin.jpg'),
      row(3, 'Kim', null, 'kim.jpg'),
      reserved(4, { name: 'Sasha' }, 'sasha.jpg'),
      reserved(5, null, 'not-chosen.jpg'),
    ],
    bad: [],
  };
  const files = new Set(['robin.jpg', 'kim.jpg', 'sasha.jpg']);
  const statesFor = (isAdministrator: boolean) =>
    linesOf(list, files, isAdministrator).map(({ state }) => state.kind);
  expect(statesFor(true)).toEqual(['waiting', 'waiting', 'known', 'missing']);
  expect(statesFor(false)).toEqual(['failed', 'waiting', 'known', 'failed']);
  const lines = linesOf(list, files, false);
  expect(lines[0]).toMatchObject({ state: { code: 'role-required' } });
  expect(countForAdministrator(lines)).toBe(2);
  expect(unchecked(lines).map(({ line }) => line)).toEqual([3]);
});

import { describe, expect, it } from 'vitest';
import { readList } from './import-list.ts';

const access = { groups: ['staff', 'night'], validFrom: null, validUntil: '2026-12-24' };

describe('a list of people', () => {
  it.each([
    ['commas', 'name,key,groups,valid_until,pictures\nRobin,E-1,staff|night,2026-12-24,a.jpg|b.jpg\n'],
    [
      'semicolons, a mark, CRLF',
      '\ufeffName;External Key;Groups;Valid until;Photos\r\nRobin;E-1;staff,night;2026-12-24;a.jpg, b.jpg\r\n',
    ],
    [
      'tabs and quotes',
      'key\tname\tgroups\tvalid-until\tpictures\nE-1\t"Robin"\tstaff|night\t2026-12-24\t"a.jpg|b.jpg"',
    ],
  ])('is read with %s', (_, text) => {
    expect(readList(text)).toEqual({
      rows: [
        { line: 2, person: { name: 'Robin', externalKey: 'E-1', access }, pictures: ['a.jpg', 'b.jpg'] },
      ],
      bad: [],
    });
  });

  it('names the line and column of what cannot be read, and takes the rest', () => {
    const { rows, bad } = readList(
      [
        'name,key,groups,valid-from,pictures',
        'Robin,E-1,,,a.jpg',
        ',,,,a.jpg',
        '"two\nlines",E-2,,,a.jpg',
        'Kim,has space,,,a.jpg',
        'Kim,E-3,not a group,,a.jpg',
        'Kim,E-3,,yesterday,a.jpg',
        '',
        'Kim,E-3,,,',
        'Sasha,E-1,,,a.jpg',
        'Sasha,,,,a.jpg',
        ',E-4,,,',
      ].join('\n'),
    );
    expect(rows.map(({ line, person }) => [line, person.name])).toEqual([
      [2, 'Robin'],
      [12, 'Sasha'],
    ]);
    expect(
      bad.map(({ line, column, name, externalKey }) => `${line} ${column} ${name ?? externalKey}`),
    ).toEqual([
      '3 name null',
      '4 name E-2',
      '6 key Kim',
      '7 groups Kim',
      '8 valid-from Kim',
      '10 pictures Kim',
      '11 key Sasha',
      '13 pictures E-4',
    ]);
    expect(bad.at(-2)).toMatchObject({ code: 'external-key-in-use', earlier: 2 });
  });

  it('says until when in any spelling of an instant', () => {
    const { rows } = readList('name,valid-until,pictures\nRobin,2026-12-24T18:00,a.jpg\n');
    expect(rows[0]?.person.access?.validUntil).toBe(new Date(2026, 11, 24, 18).toISOString());
  });

  it.each([
    ['nothing', ''],
    ['no pictures', 'name,key\nRobin,E-1'],
    ['nobody to name', 'pictures\na.jpg'],
    ['an open quote', 'name,pictures\n"Robin,a.jpg'],
    ['too many people', `name,pictures\n${'R,a.jpg\n'.repeat(5001)}`],
  ])('with %s is none', (_, text) => {
    expect(() => readList(text)).toThrow(expect.objectContaining({ code: 'list-invalid' }));
  });
});

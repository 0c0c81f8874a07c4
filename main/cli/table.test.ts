import { expect, it } from 'vitest';
import { table } from './table.ts';

it('puts each column under its head, with a dash for what is not known', () => {
  const rows = [
    ['face_1', null, 'Robin', ''],
    ['face_22', 'E-1042', '', 're-enrol'],
  ];
  expect(table(['Face', 'Key', 'Name', 'To do'], rows, 'There are no faces.').split('\n')).toEqual([
    'Face     Key     Name   To do',
    'face_1   -       Robin  -',
    'face_22  E-1042  -      re-enrol',
  ]);
});

it('says so where there is nothing', () => {
  expect(table(['Face'], [], 'There are no faces.')).toBe('There are no faces.');
});

it('gives letters of double width, and those of several characters, their room', () => {
  const rows = [
    ['山田', 1],
    ['Zoe\u0308', 2],
  ];
  expect(table(['Name', 'Line'], rows, '').split('\n')).toEqual(['Name  Line', '山田  1', 'Zoe\u0308   2']);
});

it('forges no line', () => {
  expect(table(['Name'], [['Eve\nface_0\tRoot']], '').split('\n')).toEqual([
    'Name',
    'Eve\\u{a}face_0\\u{9}Root',
  ]);
});

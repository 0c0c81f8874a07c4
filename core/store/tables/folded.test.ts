import { expect, it } from 'vitest';
import { matches } from './folded.ts';

it.each([
  ['jose', 'José'],
  ['JOSÉ', 'jose\u0301'],
  ['nguyen', 'Nguyễn Thị Minh'],
  ['duc', 'Đức'],
  ['strasse', 'Straße'],
  ['STRASSE', 'STRAẞE'],
  ['lukasz', 'Łukasz'],
  ['soren', 'Søren'],
  ['ibrahim', 'İbrahim'],
  ['isik', 'Işık'],
  ['aesop', 'Æsop'],
  ['محمد', 'مُحَمَّد'],
  ['مُحَمَّد', 'محمد'],
  ['احمد', 'أحمد'],
  ['فاطمه', 'فاطمة'],
  ['محمد', 'محـــمد'],
  ['علی', 'علي'],
  ['שלום', 'שָׁלוֹם'],
  ["o'neil", 'O’Neil'],
  ['oneil', "O'Neil"],
  ['lovelace ada', 'Ada King, Countess of Lovelace'],
  ['  ada   love ', 'Ada\u00a0Lovelace'],
  ['anne-marie', 'Anne\u2011Marie'],
  ['ada', 'A\u200bda'],
  ['1042', 'E-١٠٤٢'],
  ['ｒｏｂｉｎ', 'Robin'],
  ['', 'Robin'],
])('%j finds %j', (query, name) => {
  expect(matches(query, name)).toBe(true);
});

it.each([
  ['ada ben', 'Ada'],
  ['jose', 'Josie'],
  ['राम', 'रमा'],
])('%j does not find %j', (query, name) => {
  expect(matches(query, name)).toBe(false);
});

it('finds words in several texts, and none where there is none', () => {
  expect(matches('robin e-1042', null, 'E-1042', 'Robin')).toBe(true);
  expect(matches('robin', null)).toBe(false);
});

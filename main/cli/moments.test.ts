import { expect, it } from 'vitest';
import { accessMomentWritten, instantWritten } from '#contract';
import { instantGiven, timeGiven } from './moments.ts';

const here = (...parts: [number, number, number, number?, number?]): string =>
  new Date(...parts).toISOString();

it.each([
  ['2026-12-01T10:00', here(2026, 11, 1, 10, 0)],
  ['2026-12-01 10:00', here(2026, 11, 1, 10, 0)],
  ['2026-12-01T10:00:00', here(2026, 11, 1, 10, 0)],
  ['2026-12-01T20:00+01:00', '2026-12-01T19:00:00.000Z'],
  ['2026-12-01T20:00:00+01:00', '2026-12-01T19:00:00.000Z'],
  ['2026-12-01T20:00Z', '2026-12-01T20:00:00.000Z'],
  ['2026-12-01T20:00:00.5Z', '2026-12-01T20:00:00.500Z'],
])('an instant may be written as %s', (text, at) => {
  expect(instantGiven(text)).toBe(at);
  expect(timeGiven(text, 'ends')).toBe(at);
});

it.each(['', 'tomorrow', 'lunch 5', '2026-12-01', '2026-02-30T10:00', '2026-12-01T25:00', '10:00'])(
  'no instant is %j, which the message says with an example',
  (text) => {
    expect(instantWritten(text)).toBeNull();
    expect(() => instantGiven(text)).toThrow(/2026-12-24T18:00, .*2026-12-24T18:00\+01:00/);
  },
);

it('a day stands for its beginning or its end here', () => {
  expect(timeGiven('2026-12-01', 'begins')).toBe(here(2026, 11, 1));
  expect(timeGiven('2026-12-01', 'ends')).toBe(here(2026, 11, 2));
  expect(() => timeGiven('tomorrow', 'ends')).toThrow(/tomorrow is no time\. .*2026-12-24/);
});

it('a bound of access stays a day, or an instant as it was written, where it says which', () => {
  for (const text of ['2026-12-01', '2026-12-01T20:00:00+01:00', 'tomorrow'])
    expect(accessMomentWritten(text)).toBe(text);
  expect(accessMomentWritten('2026-12-01T20:00')).toBe(here(2026, 11, 1, 20, 0));
});

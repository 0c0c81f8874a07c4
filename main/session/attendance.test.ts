import { expect, it } from 'vitest';
import { attends } from './attendance.ts';

const NOW = new Date('2026-11-29T17:00:00Z');
const hoursAgo = (hours: number): Date => new Date(NOW.getTime() - hours * 3_600_000);

it.each([
  ['as chosen', 'out', null, 'out'],
  ['as chosen, also twice', 'in', { direction: 'in', at: hoursAgo(1), isCertain: true }, 'in'],
  ['in at first', null, null, 'in'],
  ['out after in', null, { direction: 'in', at: hoursAgo(8), isCertain: true }, 'out'],
  ['in after out', null, { direction: 'out', at: hoursAgo(1), isCertain: true }, 'in'],
  ['in after a passage without a way', null, { direction: null, at: hoursAgo(1), isCertain: true }, 'in'],
  ['out at the end of a long shift', null, { direction: 'in', at: hoursAgo(16), isCertain: true }, 'out'],
  [
    'in on the day after a forgotten out',
    null,
    { direction: 'in', at: hoursAgo(16.1), isCertain: true },
    'in',
  ],
  ['in where the clock was ahead', null, { direction: 'in', at: hoursAgo(-1), isCertain: true }, 'in'],
  ...(['in', 'out'] as const).flatMap((direction) => {
    const other = direction === 'in' ? 'out' : 'in';
    const unanswered = (hours: number) => ({ direction, at: hoursAgo(hours), isCertain: false });
    return [
      [
        `${direction} again who tries again at once where the door did not answer`,
        null,
        unanswered(1.9 / 60),
        direction,
      ],
      [`${other} who comes later than that`, null, unanswered(2.1 / 60), other],
      [`${other} hours after it`, null, unanswered(10), other],
    ] as const;
  }),
] as const)('leads %s', (_, chosen, last, way) => {
  expect(attends(chosen, last, NOW)).toBe(way);
});

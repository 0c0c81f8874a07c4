import { expect, it } from 'vitest';
import { attends } from './attendance.ts';

const NOW = new Date('2026-11-29T17:00:00Z');
const hoursAgo = (hours: number): Date => new Date(NOW.getTime() - hours * 3_600_000);

it.each([
  ['as chosen', 'out', null, 'out'],
  ['as chosen, also twice', 'in', { direction: 'in', at: hoursAgo(1) }, 'in'],
  ['in at first', null, null, 'in'],
  ['out after in', null, { direction: 'in', at: hoursAgo(8) }, 'out'],
  ['in after out', null, { direction: 'out', at: hoursAgo(1) }, 'in'],
  ['in after a passage without a way', null, { direction: null, at: hoursAgo(1) }, 'in'],
  ['out at the end of a long shift', null, { direction: 'in', at: hoursAgo(16) }, 'out'],
  ['in on the day after a forgotten out', null, { direction: 'in', at: hoursAgo(16.1) }, 'in'],
  ['in where the clock was ahead', null, { direction: 'in', at: hoursAgo(-1) }, 'in'],
] as const)('leads %s', (_, chosen, last, way) => {
  expect(attends(chosen, last, NOW)).toBe(way);
});

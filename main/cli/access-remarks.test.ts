import { expect, it } from 'vitest';
import { AccessPolicy } from '#contract';
import { remarksOn } from './access-remarks.ts';

const DOOR = { doorId: 'front', direction: null };
const policy = (parts: object) =>
  AccessPolicy.parse({ timeZone: 'Europe/Berlin', rules: [{ groups: ['staff'] }], ...parts });

it.each([
  ['other doors only', { rules: [{ doors: ['back'] }] }, 'No rule is for this door, front.'],
  [
    'a direction that the door has not',
    { antiPassback: { kind: 'direction', forgetAfterMinutes: 60 } },
    'has none',
  ],
  ['more than visits prove', { leastAssurance: 'light-and-steps' }, 'prove steps'],
])('rules that let nobody in are told of: %s', (_, parts, said) => {
  expect(remarksOn(policy(parts), DOOR, 'steps')).toEqual([expect.stringContaining(said)]);
});

it('rules that let somebody in are left alone, and so are those of a place without a door', () => {
  const rules = [{ doors: ['back'] }, { doors: ['front'] }];
  const antiPassback = { kind: 'direction', forgetAfterMinutes: 60 };
  expect(remarksOn(policy({ rules, antiPassback }), { ...DOOR, direction: 'in' }, 'steps')).toEqual([]);
  expect(remarksOn(policy({ rules: [{ doors: ['back'] }] }), null, 'presence')).toEqual([]);
});

it('a rule that names a schedule that is not there is named', () => {
  const rules = [{}, { scheduleId: 'nights' }];
  expect(() => policy({ rules })).toThrow('Rule 2 names the schedule nights, which is not there.');
});

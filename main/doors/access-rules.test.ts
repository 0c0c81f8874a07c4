import { describe, expect, it } from 'vitest';
import { AccessPolicy, PersonAccess } from '#contract';
import { decideAccess, type AccessQuestion } from './access-rules.ts';

/** A person of the staff, at noon of a Wednesday, at the front door, which leads in. */
function ask({
  policy = {},
  person = {},
  at = '2026-11-25T12:00:00Z',
  ...others
}: Partial<Omit<AccessQuestion, 'policy' | 'person' | 'now'>> & {
  policy?: Partial<AccessPolicy>;
  person?: Partial<PersonAccess> | null;
  at?: string;
} = {}): string {
  const verdict = decideAccess({
    policy: { ...AccessPolicy.parse({ timeZone: 'UTC', rules: [{}] }), ...policy },
    door: { doorId: 'front', direction: 'in' },
    collectionId: 'default',
    person: person && { ...PersonAccess.parse({ groups: ['staff'] }), ...person },
    level: 'steps',
    now: new Date(at),
    clockIsSound: true,
    lastPassage: null,
    ...others,
  });
  return verdict.isAllowed ? 'allowed' : verdict.reason;
}

/** The rules and schedules of a policy, with defaults. */
const policyOf = (policy: object): AccessPolicy =>
  AccessPolicy.parse({ timeZone: 'UTC', rules: [{}], ...policy });

/** A policy whose only rule is for one schedule of one span. */
const spanned = (days: string[], from: string, to: string, others: object = {}): AccessPolicy =>
  policyOf({
    schedules: [{ scheduleId: 'times', spans: [{ days, from, to }] }],
    rules: [{ scheduleId: 'times' }],
    ...others,
  });

const ALL_DAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'];

describe('groups, doors and collections', () => {
  it.each([
    ['everybody', [{}], {}, 'allowed'],
    ['the group of the person', [{ groups: ['staff'] }], {}, 'allowed'],
    ['one group of several', [{ groups: ['night', 'staff'] }], {}, 'allowed'],
    ['another group', [{ groups: ['night'] }], {}, 'access-denied'],
    ['a group in other letters', [{ groups: ['Staff'] }], {}, 'access-denied'],
    ['a person without groups', [{ groups: ['staff'] }], { person: { groups: [] } }, 'access-denied'],
    ['this door', [{ doors: ['back', 'front'] }], {}, 'allowed'],
    ['another door', [{ doors: ['back'] }], {}, 'access-denied'],
    ['this collection', [{ collections: ['default'] }], {}, 'allowed'],
    ['another collection', [{ collections: ['visitors'] }], {}, 'access-denied'],
    ['the second of two rules', [{ groups: ['night'] }, { doors: ['front'] }], {}, 'allowed'],
    [
      'group of one rule and door of another',
      [{ groups: ['night'] }, { doors: ['back'] }],
      {},
      'access-denied',
    ],
    ['a person that only the server knows', [{}], { person: null }, 'access-unknown'],
  ])('%s', (_, rules, others, expected) => {
    expect(ask({ policy: policyOf({ rules }), ...others })).toBe(expected);
  });
});

describe('schedules', () => {
  it.each([
    // 2026-11-25 is a Wednesday.
    ['within', ['wed'], '08:00', '18:00', '2026-11-25T12:00:00Z', 'allowed'],
    ['at the first minute', ['wed'], '12:00', '18:00', '2026-11-25T12:00:00Z', 'allowed'],
    ['a second before', ['wed'], '12:00', '18:00', '2026-11-25T11:59:59Z', 'access-schedule'],
    ['in the last minute', ['wed'], '08:00', '12:00', '2026-11-25T11:59:59Z', 'allowed'],
    ['at its end', ['wed'], '08:00', '12:00', '2026-11-25T12:00:00Z', 'access-schedule'],
    ['on another day', ['thu'], '00:00', '24:00', '2026-11-25T12:00:00Z', 'access-schedule'],
    ['all day, at midnight', ['wed'], '00:00', '24:00', '2026-11-25T00:00:00Z', 'allowed'],
    ['all day, in the last second', ['wed'], '00:00', '24:00', '2026-11-25T23:59:59Z', 'allowed'],
    ['all day, at the next midnight', ['wed'], '00:00', '24:00', '2026-11-26T00:00:00Z', 'access-schedule'],
    ['over midnight, in the evening', ['wed'], '22:00', '06:00', '2026-11-25T23:00:00Z', 'allowed'],
    ['over midnight, the next morning', ['wed'], '22:00', '06:00', '2026-11-26T05:59:00Z', 'allowed'],
    ['over midnight, at its end', ['wed'], '22:00', '06:00', '2026-11-26T06:00:00Z', 'access-schedule'],
    ['over midnight, the same morning', ['wed'], '22:00', '06:00', '2026-11-25T05:00:00Z', 'access-schedule'],
    [
      'over midnight, the evening after',
      ['wed'],
      '22:00',
      '06:00',
      '2026-11-26T23:00:00Z',
      'access-schedule',
    ],
    ['over the end of a year', ['thu'], '22:00', '06:00', '2027-01-01T05:00:00Z', 'allowed'],
    ['to midnight as 00:00', ['wed'], '22:00', '00:00', '2026-11-25T23:59:00Z', 'allowed'],
  ])('%s', (_, days, from, to, at, expected) => {
    expect(ask({ policy: spanned(days, from, to), at })).toBe(expected);
  });

  it.each([
    ['in Tokyo, where it is Thursday', 'Asia/Tokyo', ['thu'], '2026-11-25T16:00:00Z', 'allowed'],
    ['in Tokyo, no longer Wednesday', 'Asia/Tokyo', ['wed'], '2026-11-25T16:00:00Z', 'access-schedule'],
    ['in Los Angeles, still Tuesday', 'America/Los_Angeles', ['tue'], '2026-11-25T07:00:00Z', 'allowed'],
    ['in Kathmandu, a quarter past', 'Asia/Kathmandu', ['thu'], '2026-11-25T18:15:00Z', 'allowed'],
    ['in Kathmandu, a minute before', 'Asia/Kathmandu', ['thu'], '2026-11-25T18:14:00Z', 'access-schedule'],
  ])('%s', (_, timeZone, days, at, expected) => {
    expect(ask({ policy: spanned(days, '00:00', '24:00', { timeZone }), at })).toBe(expected);
  });

  it.each([
    // Berlin: 2026-03-29, 02:00 becomes 03:00; 2026-10-25, 03:00 becomes 02:00 again.
    ['spring: the hour that is left out', '02:15', '02:45', '2026-03-29T01:15:00Z', 'access-schedule'],
    ['spring: a span that begins in it', '02:30', '04:00', '2026-03-29T01:00:00Z', 'allowed'],
    ['spring: before it, still winter', '01:00', '02:00', '2026-03-29T00:59:00Z', 'allowed'],
    ['spring: 08:00 is an hour earlier by UTC', '08:00', '09:00', '2026-03-29T06:00:00Z', 'allowed'],
    ['spring: the day before it is not', '08:00', '09:00', '2026-03-28T06:00:00Z', 'access-schedule'],
    ['autumn: the hour that comes twice, first', '02:15', '02:45', '2026-10-25T00:20:00Z', 'allowed'],
    ['autumn: and second', '02:15', '02:45', '2026-10-25T01:20:00Z', 'allowed'],
    ['autumn: between the two', '02:15', '02:45', '2026-10-25T00:50:00Z', 'access-schedule'],
    ['autumn: a night over it, last hour', '22:00', '06:00', '2026-10-25T04:59:00Z', 'allowed'],
    ['autumn: a night over it, at its end', '22:00', '06:00', '2026-10-25T05:00:00Z', 'access-schedule'],
  ])('%s', (_, from, to, at, expected) => {
    expect(ask({ policy: spanned(ALL_DAYS, from, to, { timeZone: 'Europe/Berlin' }), at })).toBe(expected);
  });

  const holidays = ['2026-12-25'];
  it.each([
    // 2026-12-25 is a Friday.
    ['a holiday is no Friday', ['fri'], '08:00', '18:00', '2026-12-25T12:00:00Z', 'access-schedule'],
    ['a span of holidays', ['holiday'], '08:00', '18:00', '2026-12-25T12:00:00Z', 'allowed'],
    [
      'a span of holidays on another day',
      ['holiday'],
      '08:00',
      '18:00',
      '2026-12-24T12:00:00Z',
      'access-schedule',
    ],
    ['a night that begins before it', ['thu'], '22:00', '06:00', '2026-12-25T05:00:00Z', 'allowed'],
    ['a night that would begin on it', ['fri'], '22:00', '06:00', '2026-12-26T05:00:00Z', 'access-schedule'],
    ['a night of the holiday', ['holiday'], '22:00', '06:00', '2026-12-26T05:00:00Z', 'allowed'],
  ])('%s', (_, days, from, to, at, expected) => {
    expect(ask({ policy: spanned(days, from, to, { holidays }), at })).toBe(expected);
  });

  it('a holiday is one where the door is', () => {
    const policy = spanned(['holiday'], '00:00', '24:00', { holidays, timeZone: 'Asia/Tokyo' });
    expect(ask({ policy, at: '2026-12-24T15:00:00Z' })).toBe('allowed');
    expect(ask({ policy, at: '2026-12-25T15:00:00Z' })).toBe('access-schedule');
  });

  it('a rule without one lets in though another rule has one', () => {
    const policy = spanned(['thu'], '08:00', '18:00');
    expect(ask({ policy: { ...policy, rules: [...policy.rules, ...policyOf({}).rules] } })).toBe('allowed');
  });
});

describe('validity', () => {
  it.each([
    ['from an instant on', { validFrom: '2026-11-25T12:00:00Z' }, '2026-11-25T12:00:00Z', 'allowed'],
    ['a moment before', { validFrom: '2026-11-25T12:00:00Z' }, '2026-11-25T11:59:59.999Z', 'access-not-yet'],
    ['by an offset', { validFrom: '2026-11-25T12:00:00+01:00' }, '2026-11-25T11:00:00Z', 'allowed'],
    ['until an instant', { validUntil: '2026-11-25T12:00:00Z' }, '2026-11-25T12:00:00Z', 'allowed'],
    ['a moment after', { validUntil: '2026-11-25T12:00:00Z' }, '2026-11-25T12:00:00.001Z', 'access-expired'],
    ['from a day on, at its beginning there', { validFrom: '2026-11-25' }, '2026-11-24T23:00:00Z', 'allowed'],
    ['before that day there', { validFrom: '2026-11-25' }, '2026-11-24T22:59:59Z', 'access-not-yet'],
    [
      'until a day, in its last second there',
      { validUntil: '2026-11-25' },
      '2026-11-25T22:59:59Z',
      'allowed',
    ],
    ['after that day there', { validUntil: '2026-11-25' }, '2026-11-25T23:00:00Z', 'access-expired'],
  ])('%s', (_, person, at, expected) => {
    expect(ask({ policy: policyOf({ timeZone: 'Europe/Berlin' }), person, at })).toBe(expected);
  });

  it('ends also where a rule would let in everybody, and is asked before the rules', () => {
    expect(
      ask({
        person: { validUntil: '2020-01-01', groups: [] },
        policy: policyOf({ rules: [{ groups: ['a'] }] }),
      }),
    ).toBe('access-expired');
  });
});

describe('assurance', () => {
  it.each([
    ['presence', {}, 'access-assurance'],
    ['light', {}, 'access-assurance'],
    ['steps', {}, 'allowed'],
    ['light-and-steps', {}, 'allowed'],
    ['presence', { leastAssurance: 'light' }, 'access-assurance'],
    ['light', { leastAssurance: 'light' }, 'allowed'],
    ['steps', { leastAssurance: 'light-and-steps' }, 'access-assurance'],
    ['code', {}, 'allowed'],
    ['code', { leastAssurance: 'light-and-steps' }, 'allowed'],
    ['code', { codes: false }, 'access-assurance'],
  ] as const)('%s with %j', (level, policy, expected) => {
    expect(ask({ level, policy: policyOf(policy) })).toBe(expected);
  });

  it('of presence is in no policy', () => {
    expect(AccessPolicy.safeParse({ timeZone: 'UTC', rules: [{}], leastAssurance: 'presence' }).success).toBe(
      false,
    );
  });
});

describe('without a door', () => {
  it.each([
    ['any level passes', {}, {}, 'allowed'],
    [
      'a rule of a door lets no person in without one',
      { rules: [{ doors: ['front'] }] },
      {},
      'access-denied',
    ],
    ['groups count', { rules: [{ groups: ['night'] }] }, {}, 'access-denied'],
    ['validity counts', {}, { person: { validUntil: '2020-01-01' } }, 'access-expired'],
  ])('%s', (_, policy, others, expected) => {
    expect(ask({ door: null, level: 'presence', policy: policyOf(policy), ...others })).toBe(expected);
  });
});

describe('anti-passback', () => {
  const passed = (direction: 'in' | 'out' | null, at: string, isCertain = true) => ({
    lastPassage: { direction, at: new Date(at), isCertain },
  });
  const byDirection = policyOf({ antiPassback: { kind: 'direction', forgetAfterMinutes: 60 } });
  const byInterval = policyOf({ antiPassback: { kind: 'interval', minutes: 5 } });
  it.each([
    ['no person passed', byDirection, {}, 'allowed'],
    ['in again', byDirection, passed('in', '2026-11-25T11:30:00Z'), 'access-passback'],
    ['in after out', byDirection, passed('out', '2026-11-25T11:30:00Z'), 'allowed'],
    ['in again when it is forgotten', byDirection, passed('in', '2026-11-25T11:00:00Z'), 'allowed'],
    ['a passage without a direction', byDirection, passed(null, '2026-11-25T11:30:00Z'), 'allowed'],
    ['soon again', byInterval, passed('out', '2026-11-25T11:55:01Z'), 'access-passback'],
    ['again after the interval', byInterval, passed('out', '2026-11-25T11:55:00Z'), 'allowed'],
    ['a passage in the future', byInterval, passed('in', '2026-11-25T12:00:01Z'), 'access-unknown'],
    [
      'a passage just within the rule ahead',
      byInterval,
      passed('in', '2026-11-25T12:04:59Z'),
      'access-unknown',
    ],
    ['a passage of a clock that was ahead', byInterval, passed('in', '2026-11-26T08:00:00Z'), 'allowed'],
    ['in again, by such a clock', byDirection, passed('in', '2026-11-25T13:00:00Z'), 'allowed'],
    ['in again in the future', byDirection, passed('in', '2026-11-25T12:59:59Z'), 'access-unknown'],
    ['in after out in the future', byDirection, passed('out', '2026-11-25T12:30:00Z'), 'allowed'],
    [
      'in again, who may not have come in',
      byDirection,
      passed('in', '2026-11-25T11:30:00Z', false),
      'allowed',
    ],
    [
      'soon again, who may not have passed',
      byInterval,
      passed('in', '2026-11-25T11:59:00Z', false),
      'allowed',
    ],
    ['a passage at no time', byInterval, passed('in', 'never'), 'access-unknown'],
  ])('%s', (_, policy, others, expected) => {
    expect(ask({ policy, ...others })).toBe(expected);
  });

  it('by direction denies at a door that has none', () => {
    const door = { doorId: 'front', direction: null };
    expect(ask({ policy: byDirection, door })).toBe('access-unknown');
    expect(ask({ policy: byInterval, door })).toBe('allowed');
  });
});

describe('what cannot be evaluated denies', () => {
  const unsound = { clockIsSound: false };
  it.each([
    ['a schedule', spanned(ALL_DAYS, '00:00', '24:00'), {}, 'access-unknown'],
    ['validity', policyOf({}), { person: { validUntil: '2099-01-01' } }, 'access-unknown'],
    ['anti-passback', policyOf({ antiPassback: { kind: 'interval', minutes: 1 } }), {}, 'access-unknown'],
    ['but not what asks for no time', policyOf({}), {}, 'allowed'],
    ['nor what is denied anyway', policyOf({ rules: [{ groups: ['night'] }] }), {}, 'access-denied'],
  ])('%s, by a clock that is not sound', (_, policy, others, expected) => {
    expect(ask({ policy, ...others, ...unsound })).toBe(expected);
  });

  it('a time zone that this machine does not know', () => {
    const policy = { ...spanned(ALL_DAYS, '00:00', '24:00'), timeZone: 'Mars/Olympus' };
    expect(ask({ policy })).toBe('access-unknown');
  });

  it('a schedule that is not there, unless another one lets in', () => {
    const policy = spanned(ALL_DAYS, '00:00', '24:00');
    const missing = { ...policy.rules[0]!, scheduleId: 'gone' };
    expect(ask({ policy: { ...policy, rules: [missing] } })).toBe('access-unknown');
    expect(ask({ policy: { ...policy, rules: [missing, ...policy.rules] } })).toBe('allowed');
  });

  it('an instant that is none', () => {
    expect(ask({ policy: spanned(ALL_DAYS, '00:00', '24:00'), at: 'never' })).toBe('access-unknown');
  });
});

it.each([
  ['no rule', { rules: [] }],
  ['an unknown schedule', { rules: [{ scheduleId: 'gone' }] }],
  ['an empty list of groups', { rules: [{ groups: [] }] }],
  [
    'a span of no length',
    { schedules: [{ scheduleId: 'a', spans: [{ days: ['mon'], from: '08:00', to: '08:00' }] }] },
  ],
  [
    'a time that is none',
    { schedules: [{ scheduleId: 'a', spans: [{ days: ['mon'], from: '8:00', to: '25:00' }] }] },
  ],
  ['a time zone that is none', { timeZone: 'Mars/Olympus' }],
  ['a holiday that is no date', { holidays: ['2026-02-30'] }],
  ['a word too many', { rules: [{ group: ['staff'] }] }],
])('a policy with %s is refused', (_, policy) => {
  expect(AccessPolicy.safeParse({ timeZone: 'UTC', rules: [{}], ...policy }).success).toBe(false);
});

describe('a visitor who leaves', () => {
  const never = policyOf({
    schedules: [{ scheduleId: 'never', spans: [{ days: ['holiday'], from: '00:00', to: '24:00' }] }],
    rules: [{ groups: ['visitors'], scheduleId: 'never' }],
    antiPassback: { kind: 'interval', minutes: 5 },
  });
  const lastPassage = { direction: 'in', at: new Date('2026-11-25T11:59:00Z'), isCertain: true } as const;
  const leaves = (groups: string[], policy: Partial<AccessPolicy> = {}) =>
    ask({
      policy: { ...never, codes: true, ...policy },
      person: { groups, validUntil: '2026-11-24' },
      door: { doorId: 'back', direction: 'out' },
      clockIsSound: false,
      isLeaving: true,
      lastPassage,
      level: 'code',
    });

  it('is held by no time and no passage, but goes where no rule lets them as little as before', () => {
    expect(leaves(['visitors'])).toBe('allowed');
    expect(leaves(['staff'])).toBe('access-denied');
    expect(leaves(['visitors'], { codes: false })).toBe('access-assurance');
  });
});

import { describe, expect, it } from 'vitest';
import type { AssuranceLevel } from '#contract';
import { doubtsOf, requiredLevel, type Doubt, type Signals } from './assurance.ts';

const CLEAR: Signals = { failures: 0, passive: 0.9, isFirstOfDay: false, hasClearLead: true };

describe('doubt', () => {
  it.each<[string, Partial<Signals>, Doubt[]]>([
    ['nothing', {}, []],
    ['one failure', { failures: 1 }, []],
    ['two failures in a row', { failures: 2 }, ['failures']],
    ['a passive score at the limit', { passive: 0.3 }, []],
    ['a passive score below it', { passive: 0.299 }, ['passive']],
    ['the first visit of the day', { isFirstOfDay: true }, ['first-of-day']],
    ['another person who is nearly as like', { hasClearLead: false }, ['small-lead']],
    ['what is not known', { passive: null, isFirstOfDay: null, hasClearLead: null }, []],
    [
      'all of it',
      { failures: 9, passive: 0, isFirstOfDay: true, hasClearLead: false },
      ['failures', 'passive', 'first-of-day', 'small-lead'],
    ],
  ])('is raised by %s', (_, signals, doubts) => {
    expect(doubtsOf({ ...CLEAR, ...signals })).toEqual(doubts);
  });

  it.each<[AssuranceLevel, AssuranceLevel | null, Doubt[], AssuranceLevel]>([
    ['presence', 'steps', [], 'presence'],
    ['presence', 'steps', ['passive'], 'steps'],
    ['presence', null, ['passive', 'failures'], 'presence'],
    ['steps', 'presence', ['failures'], 'steps'],
    ['steps', 'steps', ['failures'], 'steps'],
  ])('at %s with %s on doubt and %j asks for %s', (level, onDoubt, doubts, required) => {
    expect(requiredLevel({ level, onDoubt }, doubts)).toBe(required);
  });
});

import { describe, expect, it } from 'vitest';
import type { Conflict, SyncSummary } from '#contract';
import { addressOf, choicesOf, dayOrMoment, moment, sidesOf, standingOf } from './sync-words.ts';

const AT = '2026-03-01T08:30:00.000Z';
const summary = (part: Partial<SyncSummary>): SyncSummary => ({
  state: 'idle',
  queue: 0,
  lastSuccess: AT,
  nextTry: null,
  error: null,
  held: 0,
  progress: null,
  parked: 0,
  conflicts: 0,
  ...part,
});

describe('how a device stands with its server', () => {
  it('is in step only when nothing waits', () => {
    expect(standingOf(summary({}))).toMatchObject({ text: 'server.inStep', tone: 'good' });
    expect(standingOf(summary({ queue: 3 }))).toMatchObject({ text: 'server.waiting', values: { count: 3 } });
  });

  it('is out of touch since it last was in step', () => {
    expect(standingOf(summary({ state: 'waiting', queue: 3 }))).toMatchObject({
      text: 'server.notReachedSince',
      values: { when: moment(AT) },
      tone: 'bad',
    });
    const never = summary({ state: 'waiting', lastSuccess: null });
    expect(standingOf(never)).toMatchObject({ text: 'server.neverReached', tone: 'bad' });
  });

  it.each(['off', 'working', 'paused', 'metered', 'revoked'] as const)('says when it is %s', (state) => {
    expect(standingOf(summary({ state, queue: 1 })).text).toBe(`server.${state}`);
  });
});

describe('the address of a server', () => {
  it.each([
    ['lintel.example.org', 'https://lintel.example.org'],
    [' lintel.example.org:8443/ ', 'https://lintel.example.org:8443'],
    ['http://192.168.1.5:8080', 'http://192.168.1.5:8080'],
    ['HTTPS://Lintel.Example.org/v1/sync', 'https://lintel.example.org'],
    ['localhost:8080', 'https://localhost:8080'],
  ])('is found in %j', (typed, origin) => expect(addressOf(typed)).toBe(origin));

  it.each(['', ' ', 'two words', 'ftp://lintel.example.org', 'https://', 'http://a:b:c'])(
    'is not found in %j',
    (typed) => expect(addressOf(typed)).toBeNull(),
  );
});

describe('a conflict', () => {
  const conflict: Conflict = {
    conflictId: `conf_${'0'.repeat(32)}`,
    kind: 'external-key',
    collectionId: 'staff',
    firstFaceId: `face_${'1'.repeat(32)}`,
    secondFaceId: `face_${'2'.repeat(32)}`,
    externalKey: 'k',
    confidence: null,
    createdAt: AT,
  };

  it('about a key has four ends, about likeness two; only making one person of two is final', () => {
    const ends = choicesOf(conflict).map(({ resolution }) => resolution);
    expect(ends).toEqual(['keep-first', 'keep-second', 'both', 'same-person']);
    const likeness = choicesOf({ ...conflict, kind: 'suspected-duplicate' });
    expect(likeness.map(({ resolution }) => resolution)).toEqual(['both', 'same-person']);
    for (const { isFinal, resolution } of [...choicesOf(conflict), ...likeness])
      expect(isFinal).toBe(resolution === 'same-person');
  });

  it('says from when and until when, by days as they are written and by moments', () => {
    expect(dayOrMoment(null)).toBe('–');
    expect(dayOrMoment('2026-12-24')).toBe('Dec 24, 2026');
    expect(dayOrMoment(AT)).toBe(moment(AT));
  });

  it('is between two people, and this device may lack either', () => {
    const second = { faceId: conflict.secondFaceId, externalKey: null, metadata: {}, createdAt: AT };
    expect(sidesOf(conflict, [second])).toEqual([null, second]);
  });
});

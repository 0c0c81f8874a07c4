import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { FaceSessions } from './face-sessions.ts';

const template = Float32Array.of(1, 0);
const MINUTE = 60_000;
const claimId = `claim_${'0'.repeat(32)}`;
const unknown = expect.objectContaining({ code: 'session-unknown' });
const used = expect.objectContaining({ code: 'session-used' });

let sessions: FaceSessions;

beforeEach(() => {
  vi.useFakeTimers();
  sessions = new FaceSessions();
});
afterEach(() => {
  vi.useRealTimers();
});

const claimBy = (sessionId: string, deviceId = 'dev', claim = claimId) =>
  sessions.claim('a', deviceId, { sessionId, claimId: claim });
const settle = (sessionId: string, matchLevel: number, deviceId = 'dev') =>
  sessions.settle('a', { deviceId, sessionId, claimId, live: true, matchLevel });

it('end after ten minutes, and are of one account', () => {
  const first = sessions.open('a', template);
  expect(first).toMatch(/^\d{12}$/);
  vi.advanceTimersByTime(5 * MINUTE);
  const second = sessions.open('a', template);
  vi.advanceTimersByTime(5 * MINUTE - 1);
  expect(sessions.templateOf('a', first)).toEqual(template);
  for (const ask of [
    () => sessions.templateOf('b', first),
    () => sessions.claim('b', 'dev', { sessionId: first, claimId }),
    () => sessions.resultOf('b', first),
  ]) {
    expect(ask).toThrow(unknown);
  }
  vi.advanceTimersByTime(1);
  expect(() => sessions.templateOf('a', first)).toThrow(unknown);
  expect(() => claimBy(first)).toThrow(unknown);
  expect(sessions.templateOf('a', second)).toEqual(template);
});

it('leave nothing of the photo when their time is over, also when no request comes', () => {
  const sessionId = sessions.open('a', template);
  const { template: held, expiresInMs } = claimBy(sessionId);
  expect(expiresInMs).toBe(10 * MINUTE);
  vi.advanceTimersByTime(10 * MINUTE - 1);
  expect(held).toEqual(template);
  vi.advanceTimersByTime(1);
  expect(held).toEqual(new Float32Array(2));
  expect(() => settle(sessionId, 5)).toThrow(unknown);
  expect(sessions.resultOf('a', sessionId)).toEqual({ status: 'expired', result: null });
  // Then the last that is known of it goes, and nothing waits any more.
  vi.advanceTimersByTime(10 * MINUTE);
  expect(() => sessions.resultOf('a', sessionId)).toThrow(unknown);
  expect(vi.getTimerCount()).toBe(0);
});

it('are claimed once: again only with the same claim of the same device', () => {
  const sessionId = sessions.open('a', template);
  expect(sessions.resultOf('a', sessionId).status).toBe('pending');
  expect(claimBy(sessionId).isNew).toBe(true);
  expect(sessions.resultOf('a', sessionId).status).toBe('in-progress');
  expect(claimBy(sessionId).isNew).toBe(false);
  expect(() => claimBy(sessionId, 'other')).toThrow(used);
  expect(() => claimBy(sessionId, 'dev', `claim_${'1'.repeat(32)}`)).toThrow(used);
});

it('have one result, from the device that claimed it', () => {
  const sessionId = sessions.open('a', template);
  expect(() => settle(sessionId, 5)).toThrow(used);
  claimBy(sessionId);
  expect(() => settle(sessionId, 5, 'other')).toThrow(used);
  expect(settle(sessionId, 2)).toBe(true);
  expect(settle(sessionId, 2)).toBe(false);
  expect(() => settle(sessionId, 5)).toThrow(used);
  expect(() => claimBy(sessionId)).toThrow(used);
  const done = { status: 'done', result: { live: true, match: false, matchLevel: 2 } };
  expect(sessions.resultOf('a', sessionId)).toEqual(done);
  vi.advanceTimersByTime(20 * MINUTE - 1);
  expect(sessions.resultOf('a', sessionId)).toEqual(done);
});

it('are no more than fit into memory, until others end', () => {
  const busy = expect.objectContaining({ code: 'busy' });
  for (let i = 0; i < 2_000; i++) sessions.open('a', template);
  expect(() => sessions.open('a', template)).toThrow(busy);
  for (let i = 0; i < 8_000; i++) sessions.open(`b${i % 8}`, template);
  expect(() => sessions.open('c', template)).toThrow(busy);
  vi.advanceTimersByTime(10 * MINUTE);
  expect(sessions.open('a', template)).toEqual(expect.any(String));
});

it('leave a picture that is being compared the template it began with', () => {
  const sessionId = sessions.open('a', template);
  const taken = sessions.templateOf('a', sessionId);
  vi.advanceTimersByTime(10 * MINUTE);
  expect([...taken]).toEqual([...template]);
});

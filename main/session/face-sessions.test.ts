import { pino } from 'pino';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { LintelError, type ErrorCode, type SessionClaim, type SessionResult } from '#contract';
import { createFaceSessions, type FaceSessions } from './face-sessions.ts';

const ID = '123456789012';
const MINUTE = 60_000;
const MODEL = { modelId: 'model-1', dimension: 2 };
const unknown = { code: 'session-unknown' };

/** What the server answers next; empty: as it should. */
let refusals: ErrorCode[];
let claims: SessionClaim[];
let results: Omit<SessionResult, 'deviceId'>[];
let wrong: number;
let given: Float32Array;
let sessions: FaceSessions;

beforeEach(() => {
  vi.useFakeTimers();
  [refusals, claims, results, wrong] = [[], [], [], 0];
  const refuse = (): void => {
    const code = refusals.shift();
    if (code !== undefined) throw new LintelError(code);
  };
  sessions = createFaceSessions({
    server: {
      claim: async (claim) => {
        claims.push(claim);
        refuse();
        given = Float32Array.of(0.6, 0.8);
        return { template: given, expiresInMs: 5 * MINUTE };
      },
      settle: async (result) => {
        results.push(result);
        refuse();
      },
    },
    model: async () => MODEL,
    guard: {
      attempt: (_way, look) => look(),
      settleCode: async (decision) => {
        wrong++;
        return decision;
      },
    },
    log: pino({ level: 'silent' }),
  });
});
afterEach(async () => {
  await sessions.close();
  vi.useRealTimers();
});

it('are held until the server ends them, and nothing of them is left then', async () => {
  await sessions.open(ID);
  await sessions.open(ID);
  expect(claims).toEqual([
    { sessionId: ID, claimId: expect.stringMatching(/^claim_[0-9a-f]{32}$/) as string, modelId: 'model-1' },
  ]);
  vi.advanceTimersByTime(5 * MINUTE - 1);
  expect(sessions.photoOf(ID)).toEqual({ modelId: 'model-1', template: Float32Array.of(0.6, 0.8) });
  vi.advanceTimersByTime(1);
  expect(given).toEqual(new Float32Array(2));
  expect(() => sessions.photoOf(ID)).toThrow(expect.objectContaining(unknown));
  expect(vi.getTimerCount()).toBe(0);
});

it('are claimed with the same claim again after an answer that was lost', async () => {
  refusals = ['server-unreachable'];
  await expect(sessions.open(ID)).rejects.toMatchObject({ code: 'server-unreachable' });
  expect(() => sessions.photoOf(ID)).toThrow(expect.objectContaining(unknown));
  await sessions.open(ID);
  expect(claims[1]).toEqual(claims[0]);
  expect(wrong).toBe(0);
});

it('count as a wrong code where there is none, and are claimed again later', async () => {
  refusals = ['session-unknown'];
  await expect(sessions.open(ID)).rejects.toMatchObject(unknown);
  expect(wrong).toBe(1);
  await sessions.open(ID);
  expect(claims[1]!.claimId).not.toBe(claims[0]!.claimId);
});

it('are told of until the server has heard it, and forgotten at once', async () => {
  await sessions.open(ID);
  refusals = ['server-unreachable', 'busy'];
  sessions.settle(ID, { live: true, matchLevel: 4 });
  expect(given).toEqual(new Float32Array(2));
  expect(() => sessions.photoOf(ID)).toThrow(expect.objectContaining(unknown));
  sessions.settle(ID, { live: true, matchLevel: 5 });
  await vi.advanceTimersByTimeAsync(MINUTE);
  const result = { sessionId: ID, claimId: claims[0]!.claimId, live: true, matchLevel: 4 };
  expect(results).toEqual([result, result, result]);
});

it.each(['session-unknown', 'session-used', 'device-revoked'] as const)(
  'are not told of again after %s',
  async (code) => {
    await sessions.open(ID);
    refusals = [code];
    sessions.settle(ID, { live: false, matchLevel: 0 });
    await vi.advanceTimersByTimeAsync(MINUTE);
    expect(results).toHaveLength(1);
  },
);

it('are told of no longer than they would have lasted', async () => {
  await sessions.open(ID);
  refusals = Array.from({ length: 1000 }, () => 'server-unreachable');
  sessions.settle(ID, { live: true, matchLevel: 4 });
  await vi.advanceTimersByTimeAsync(5 * MINUTE);
  const told = results.length;
  expect(told).toBe(100);
  await vi.advanceTimersByTimeAsync(5 * MINUTE);
  expect(results).toHaveLength(told);
});

it('are few at once: beyond that the oldest is forgotten', async () => {
  const ids = Array.from({ length: 17 }, (_, i) => String(i).padStart(12, '0'));
  for (const id of ids) await sessions.open(id);
  expect(() => sessions.photoOf(ids[0]!)).toThrow(expect.objectContaining(unknown));
  expect(sessions.photoOf(ids[1]!)).toBeDefined();
});

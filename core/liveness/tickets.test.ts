import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Tickets } from './tickets.ts';

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }));
afterEach(() => void vi.useRealTimers());

it('ends a visit that nobody submits by the clock that the tickets go by, and not before', () => {
  let time = 5_000;
  const lost: string[] = [];
  const tickets = new Tickets<string>(
    4,
    () => time,
    (who) => lost.push(who),
  );
  const asked = { level: 'steps', challenge: ['nod', 'smile'], stepMs: 8_000 } as const;
  const { visitId, expiresInMs } = tickets.issue(asked, 'Kim');
  vi.advanceTimersByTime(3 * expiresInMs);
  expect(tickets.find(visitId)).toMatchObject({ context: 'Kim' });
  time += expiresInMs;
  vi.advanceTimersByTime(expiresInMs);
  expect(lost).toEqual(['Kim']);
  expect(() => tickets.find(visitId)).toThrow(expect.objectContaining({ code: 'visit-unknown' }));
  expect(vi.getTimerCount()).toBe(0);
});

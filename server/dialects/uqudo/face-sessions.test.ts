import { expect, it } from 'vitest';
import { FaceSessions } from './face-sessions.ts';

const template = Float32Array.of(1, 0);
const MINUTE = 60_000;

it('end after ten minutes, and are of one account', () => {
  const sessions = new FaceSessions();
  const first = sessions.open('a', template, 0);
  const second = sessions.open('a', template, 5 * MINUTE);
  expect(sessions.get('a', first, 10 * MINUTE - 1)).toBe(template);
  expect(() => sessions.get('b', first, 1)).toThrow(expect.objectContaining({ code: 'session-unknown' }));
  expect(() => sessions.get('a', first, 10 * MINUTE)).toThrow(
    expect.objectContaining({ code: 'session-unknown' }),
  );
  expect(sessions.get('a', second, 10 * MINUTE)).toBe(template);
});

it('are no more than fit into memory, until others end', () => {
  const sessions = new FaceSessions();
  for (let i = 0; i < 10_000; i++) sessions.open('a', template, i);
  expect(() => sessions.open('a', template, 10_000)).toThrow(expect.objectContaining({ code: 'busy' }));
  expect(sessions.open('a', template, 10 * MINUTE)).toEqual(expect.any(String));
});

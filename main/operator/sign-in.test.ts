import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { createSignIn } from './index.ts';

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

it('ends after five idle minutes and says so once', () => {
  const onIdle = vi.fn<() => void>();
  const signIn = createSignIn(onIdle);
  expect(signIn.operatorId).toBeNull();
  signIn.start('robin');
  vi.advanceTimersByTime(299_999);
  expect(signIn.operatorId).toBe('robin');
  vi.advanceTimersByTime(1);
  expect(signIn.operatorId).toBeNull();
  vi.advanceTimersByTime(600_000);
  expect(onIdle).toHaveBeenCalledTimes(1);
});

it('lasts as long as the operator works', () => {
  const onIdle = vi.fn<() => void>();
  const signIn = createSignIn(onIdle);
  signIn.start('robin');
  for (let i = 0; i < 10; i++) {
    vi.advanceTimersByTime(200_000);
    signIn.touch();
  }
  expect(signIn.operatorId).toBe('robin');
  expect(onIdle).not.toHaveBeenCalled();
});

it('ends at once and silently when the operator signs out, and stays ended', () => {
  const onIdle = vi.fn<() => void>();
  const signIn = createSignIn(onIdle);
  signIn.start('robin');
  signIn.end();
  signIn.touch();
  expect(signIn.operatorId).toBeNull();
  vi.advanceTimersByTime(600_000);
  expect(onIdle).not.toHaveBeenCalled();
});

import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { createSignIn } from './index.ts';

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

it('ends after five idle minutes and says so once', () => {
  const onIdle = vi.fn<() => void>();
  const signIn = createSignIn(onIdle);
  expect(signIn.active).toBe(false);
  signIn.start();
  vi.advanceTimersByTime(299_999);
  expect(signIn.active).toBe(true);
  vi.advanceTimersByTime(1);
  expect(signIn.active).toBe(false);
  vi.advanceTimersByTime(600_000);
  expect(onIdle).toHaveBeenCalledTimes(1);
});

it('lasts as long as the operator works', () => {
  const onIdle = vi.fn<() => void>();
  const signIn = createSignIn(onIdle);
  signIn.start();
  for (let i = 0; i < 10; i++) {
    vi.advanceTimersByTime(200_000);
    signIn.touch();
  }
  expect(signIn.active).toBe(true);
  expect(onIdle).not.toHaveBeenCalled();
});

it('ends at once and silently when the operator signs out, and stays ended', () => {
  const onIdle = vi.fn<() => void>();
  const signIn = createSignIn(onIdle);
  signIn.start();
  signIn.end();
  signIn.touch();
  expect(signIn.active).toBe(false);
  vi.advanceTimersByTime(600_000);
  expect(onIdle).not.toHaveBeenCalled();
});

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createPageWatch } from './page-watch.ts';

const LIMITS = { openMs: 1000, lostMs: 100, resumeMs: 500 };

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe('a page', () => {
  it.each([
    ['does not come', 'expect', LIMITS.openMs],
    ['of the launch before does not go on', 'resume', LIMITS.resumeMs],
  ] as const)('is lost when it %s in time', (_, begin, ms) => {
    const onLost = vi.fn<() => void>();
    createPageWatch(LIMITS)[begin](onLost);
    vi.advanceTimersByTime(ms - 1);
    expect(onLost).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1);
    expect(onLost).toHaveBeenCalledOnce();
    vi.advanceTimersByTime(10_000);
    expect(onLost).toHaveBeenCalledOnce();
  });

  it('is lost when it is gone, and not when it loads again', () => {
    const onLost = vi.fn<() => void>();
    const watch = createPageWatch(LIMITS);
    watch.expect(onLost);
    watch.opened();
    vi.advanceTimersByTime(10_000);
    watch.closed(0);
    vi.advanceTimersByTime(99);
    watch.opened();
    // A reload may open its socket before the old one is seen to close.
    watch.opened();
    watch.closed(1);
    vi.advanceTimersByTime(10_000);
    expect(onLost).not.toHaveBeenCalled();
    watch.closed(0);
    vi.advanceTimersByTime(100);
    expect(onLost).toHaveBeenCalledOnce();
    // The browser that is closed for it takes its last page with it.
    watch.closed(0);
    vi.advanceTimersByTime(10_000);
    expect(onLost).toHaveBeenCalledOnce();
  });

  it('that is back in another browser is told of, and for how long it was gone', () => {
    const onBack = vi.fn<(goneMs: number) => void>();
    const watch = createPageWatch({ ...LIMITS, onBack });
    watch.expect(vi.fn<() => void>());
    watch.opened();
    // Loaded again.
    watch.closed(0);
    watch.opened();
    expect(onBack).not.toHaveBeenCalled();
    watch.closed(0);
    vi.advanceTimersByTime(2_000);
    watch.expect(vi.fn<() => void>());
    vi.advanceTimersByTime(500);
    watch.opened();
    expect(onBack.mock.calls).toEqual([[2_500]]);
  });

  it('is not lost with the page of the browser before it', () => {
    const [before, after] = [vi.fn<() => void>(), vi.fn<() => void>()];
    const watch = createPageWatch(LIMITS);
    watch.expect(before);
    watch.opened();
    watch.expect(after);
    watch.closed(0);
    vi.advanceTimersByTime(999);
    watch.opened();
    vi.advanceTimersByTime(10_000);
    expect(before).not.toHaveBeenCalled();
    expect(after).not.toHaveBeenCalled();
  });

  it('of the launch before is not lost when it goes on, also before its screen asks', () => {
    const onLost = vi.fn<() => void>();
    const watch = createPageWatch(LIMITS);
    watch.opened();
    watch.resume(onLost);
    vi.advanceTimersByTime(10_000);
    expect(onLost).not.toHaveBeenCalled();
    watch.closed(0);
    vi.advanceTimersByTime(100);
    expect(onLost).toHaveBeenCalledOnce();
  });

  it('is not watched where nobody gave its browser an address', () => {
    const watch = createPageWatch(LIMITS);
    watch.opened();
    watch.closed(0);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('is not lost with the appliance that ends', () => {
    const watch = createPageWatch(LIMITS);
    watch.expect(vi.fn<() => void>());
    watch.opened();
    watch.close();
    watch.closed(0);
    expect(vi.getTimerCount()).toBe(0);
  });
});

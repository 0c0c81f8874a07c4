import { setImmediate as breathe, setTimeout as sleep } from 'node:timers/promises';
import { queryObjects } from 'node:v8';
import { describe, expect, it } from 'vitest';
import { withinTime } from './response.ts';

const HOUR = 3_600_000;

describe('a call within a time', () => {
  const never = (signal: AbortSignal): Promise<never> => sleep(HOUR, undefined, { signal }) as Promise<never>;

  it('ends when it is up, or when the caller ends it', async () => {
    await expect(withinTime(1, [undefined], never)).rejects.toMatchObject({
      cause: expect.objectContaining({ name: 'TimeoutError' }),
    });
    const stop = new AbortController();
    const call = withinTime(HOUR, [undefined, stop.signal], never);
    stop.abort(new Error('enough'));
    await expect(call).rejects.toMatchObject({ cause: expect.objectContaining({ message: 'enough' }) });
  });

  it('leaves nothing in memory once it is answered, however long it would have waited', async () => {
    const { signal } = new AbortController();
    const count = (): number => queryObjects(AbortSignal, { format: 'count' });
    const before = count();
    for (let i = 0; i < 50; i++) await withinTime(HOUR, [signal], async (ending) => ending.aborted);
    // What a weak reference showed lives until the turn ends.
    await breathe();
    expect(count() - before).toBeLessThan(10);
  });
});

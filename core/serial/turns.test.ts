import { describe, expect, it } from 'vitest';
import { Turns } from './turns.ts';

describe('turns', () => {
  it('run tasks of one name one after the other, those of another at the same time', async () => {
    const turns = new Turns();
    const events: string[] = [];
    const gate = Promise.withResolvers<void>();
    const first = turns.take('a', async () => {
      events.push('a1 begins');
      await gate.promise;
      events.push('a1 ends');
    });
    const second = turns.take('a', async () => void events.push('a2'));
    await turns.take('b', async () => void events.push('b'));
    expect(events).toEqual(['a1 begins', 'b']);
    gate.resolve();
    await Promise.all([first, second]);
    expect(events).toEqual(['a1 begins', 'b', 'a1 ends', 'a2']);
  });

  it('go on after a task that fails', async () => {
    const turns = new Turns();
    const failed = turns.take('a', () => Promise.reject(new Error('x')));
    const next = turns.take('a', () => Promise.resolve(1));
    await expect(failed).rejects.toThrow('x');
    expect(await next).toBe(1);
  });
});

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createPatience, LOOK_MS, type Sight } from './patience.ts';
import { countTurns } from './watchdog.ts';

describe('the parts of a program', () => {
  let turns = 0;
  let now = 0;
  let stop = (): void => undefined;

  beforeEach(() => {
    vi.useFakeTimers();
    turns = 0;
    now = 0;
  });
  afterEach(() => {
    stop();
    vi.useRealTimers();
  });

  const start = (answers: () => Promise<void>): void => {
    stop = countTurns(
      answers,
      () => turns++,
      () => now,
    );
  };
  /** @returns how often the event loop was counted meanwhile */
  async function pass(seconds: number): Promise<number> {
    const before = turns;
    for (let tenth = 0; tenth < seconds * 10; tenth++) {
      now += 100;
      await vi.advanceTimersByTimeAsync(100);
    }
    return turns - before;
  }

  it('are asked each second, and ten turns a second counted while they answer', async () => {
    const answers = vi.fn<() => Promise<void>>(async () => undefined);
    start(answers);
    expect(await pass(60)).toBe(600);
    expect(answers).toHaveBeenCalledTimes(60);
    stop();
    expect(await pass(60)).toBe(0);
  });

  it('end that when one does not answer any more, and are asked no second time', async () => {
    let asked = 0;
    start(() => {
      asked += 1;
      return asked < 5 ? Promise.resolve() : new Promise(() => undefined);
    });
    await pass(30);
    expect(await pass(30)).toBe(0);
    expect(asked).toBe(5);
  });

  it('have minutes to load their networks', async () => {
    start(() => new Promise(() => undefined));
    expect(await pass(300)).toBe(3000);
    expect(await pass(60)).toBe(0);
  });

  it('have time to take a question, and not for ever', async () => {
    let isBusy = false;
    start(() => (isBusy ? Promise.reject(new Error('busy')) : Promise.resolve()));
    await pass(2);
    isBusy = true;
    expect(await pass(15)).toBe(150);
    isBusy = false;
    expect(await pass(60)).toBe(600);
    isBusy = true;
    await pass(30);
    expect(await pass(30)).toBe(0);
  });
});

describe('a program', () => {
  /** @returns after how many seconds it is given up, looked at as often as is usual, or null within a minute */
  function givenUpAfter(seen: (at: number) => Partial<Sight>, every = LOOK_MS): number | null {
    const isAlive = createPatience();
    for (let at = 0; at <= 60_000; at += every)
      if (!isAlive({ at, turns: 7, state: 'S', cpuMs: 40, ...seen(at) })) return at / 1000;
    return null;
  }

  it.each<[string, (at: number) => Partial<Sight>]>([
    ['that comes round', (at) => ({ turns: Math.floor(at / 100) })],
    ['that comes round once in two seconds', (at) => ({ turns: Math.floor(at / 2_000) })],
  ])('%s is alive', (_, seen) => expect(givenUpAfter(seen)).toBeNull());

  it('that sleeps though it has to come round is given up after 2.5 s', () => {
    expect(givenUpAfter(() => ({}))).toBe(2.5);
    expect(givenUpAfter(() => ({ state: 'T' }))).toBe(2.5);
  });

  it('that computes is given up after 2.5 s of the processor, and not of the clock', () => {
    expect(givenUpAfter((at) => ({ state: 'R', cpuMs: at }))).toBe(2.5);
    // Twenty others want the same two processors.
    expect(givenUpAfter((at) => ({ state: 'R', cpuMs: at / 7 }))).toBe(17.5);
    expect(givenUpAfter((at) => ({ state: 'R', cpuMs: at / 10, turns: Math.floor(at / 10_000) }))).toBeNull();
  });

  it('that waits for a disk or a processor has 20 s', () => {
    expect(givenUpAfter(() => ({ state: 'D' }))).toBe(20);
    expect(givenUpAfter(() => ({ state: 'R' }))).toBe(20);
    expect(givenUpAfter((at) => ({ state: 'D', turns: Math.floor(at / 15_000) }))).toBeNull();
  });

  it('is not blamed for the time that who looks at it was kept waiting', () => {
    expect(givenUpAfter((at) => ({ turns: Math.floor(at / 8_000) }), 4_000)).toBeNull();
    expect(givenUpAfter(() => ({}), 4_000)).toBe(20);
  });
});

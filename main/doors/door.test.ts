import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { DoorReading } from '#contract';
import type { VisitRecord } from '../session/index.ts';
import { UnansweredError, type Actuator, type SensorListener } from './actuator.ts';
import type { DoorDuty } from './door-fault.ts';
import { createDoor, pulseOnGrant, type Door } from './door.ts';
import type { Passenger } from './event-log.ts';

/** Notes when it is told what, and fails where that is asked for. */
class TestActuator implements Actuator {
  readonly told: string[] = [];
  fails: ('open' | 'close' | 'refresh')[] = [];
  /** What takes five seconds. */
  hangs: ('open' | 'close')[] = [];
  error = new Error('it does not');
  sensors: SensorListener | null = null;
  readonly refresh = { everyMs: 1_000, send: () => this.#do('refresh') };
  readonly watch = (listener: SensorListener) => {
    this.sensors = listener;
    return () => this.told.push('unwatched');
  };
  readonly #begun = performance.now();

  /** What holds the door fails. */
  lose: () => void = () => undefined;
  open = (ms: number, onLost?: (error: UnansweredError) => void): Promise<void> => {
    this.lose = () => onLost?.(new UnansweredError('it fell over'));
    return this.#do('open', ms);
  };
  close = (): Promise<void> => this.#do('close');
  end = async (): Promise<void> => void this.told.push('ended');

  async #do(what: 'open' | 'close' | 'refresh', ms?: number): Promise<void> {
    const at = Math.round((performance.now() - this.#begun) / 100) / 10;
    const failed = this.fails.includes(what);
    this.told.push([what, ms, failed && 'failed', `at ${at}`].filter(Boolean).join(' '));
    if (this.hangs.some((each) => each === what)) await new Promise((resolve) => setTimeout(resolve, 5_000));
    if (failed) throw this.error;
  }
}

let actuator: TestActuator;
let happened: string[];
let door: Door;

const start = (exitOpens = false, failedAt: readonly DoorDuty[] = [], hasSensors = true): void => {
  actuator = new TestActuator();
  const { watch: _, ...blind } = actuator;
  happened = [];
  door = createDoor({
    config: { pulseMs: 3_000, heldOpenMs: 20_000, exitOpens },
    actuator: hasSensors ? actuator : blind,
    failedAt,
    tell: (kind, detail, whom, reasons = []) =>
      void happened.push([kind, detail, whom?.faceId, whom?.grantId, ...reasons].filter(Boolean).join(': ')),
    log: pino({ level: 'silent' }),
  });
};
const granted = (faceId: string, grantId = ''): Passenger => ({ faceId, grantId });
const pass = (ms: number): Promise<unknown> => vi.advanceTimersByTimeAsync(ms);
const sees = (reading: Partial<DoorReading>): void =>
  actuator.sensors!.read({ open: null, exit: null, tamper: null, ...reading });

beforeEach(async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'performance'] });
  start();
  await pass(0);
});
afterEach(() => vi.useRealTimers());

describe('a pulse', () => {
  it('is bounded at both ends, and tells the device that Lintel lives', async () => {
    expect(door.pulse()).toBe(true);
    await pass(10_000);
    expect(actuator.told).toEqual([
      'close at 0',
      'open 3000 at 0',
      'refresh at 1',
      'refresh at 2',
      'close at 3',
    ]);
  });

  it('is followed by one more for all who are let in meanwhile', async () => {
    for (let i = 0; i < 4; i++) expect(door.pulse()).toBe(true);
    await pass(20_000);
    expect(actuator.told.filter((told) => !told.startsWith('refresh'))).toEqual([
      'close at 0',
      'open 3000 at 0',
      'close at 3',
      'open 3000 at 3',
      'close at 6',
    ]);
  });

  it('that does not open is shut at once, and told', async () => {
    actuator.fails = ['open'];
    door.pulse();
    await pass(0);
    expect(actuator.told.slice(1)).toEqual(['open 3000 failed at 0', 'close at 0']);
    expect(happened).toEqual(['door-fault: not opened']);
    actuator.fails = [];
    expect(door.pulse()).toBe(true);
  });

  it('that does not open is told of each whom it was for', async () => {
    actuator.fails = ['open'];
    door.pulse(granted('ada'));
    await pass(0);
    actuator.fails = [];
    door.pulse(granted('ben'));
    await pass(1_000);
    actuator.fails = ['open'];
    for (const faceId of ['cleo', 'dan']) door.pulse(granted(faceId));
    await pass(5_000);
    expect(happened).toEqual([
      'door-fault: not opened: ada',
      // It opened to Ben.
      'door-mended',
      'door-fault: not opened: cleo',
      'door-fault: not opened: dan',
    ]);
  });

  it('that does not open is told of each decision of one person', async () => {
    actuator.fails = ['open'];
    for (const grantId of ['first', 'second']) door.pulse(granted('ada', grantId));
    await pass(5_000);
    expect(happened).toEqual(['first', 'second'].map((which) => `door-fault: not opened: ada: ${which}`));
  });

  it('that may have opened is told of each whom it was for, and shut at once', async () => {
    actuator.fails = ['open'];
    actuator.error = new UnansweredError('no answer');
    door.pulse(granted('ada'));
    await pass(0);
    expect(happened).toEqual(['door-fault: it may not have opened: ada: door-unanswered']);
    expect(actuator.told.slice(1)).toEqual(['open 3000 failed at 0', 'close at 0']);
  });

  it('that ends since what holds the door fails is told of each whom it was for, and shut at once', async () => {
    door.pulse(granted('ada'));
    await pass(1_500);
    actuator.lose();
    await pass(10_000);
    expect(happened).toEqual(['door-fault: it may not have opened: ada: door-unanswered']);
    expect(actuator.told.slice(1)).toEqual(['open 3000 at 0', 'refresh at 1', 'close at 1.5']);
    expect(door.pulse()).toBe(true);
  });

  it('that is kept when the appliance ends is told, too', async () => {
    for (const faceId of ['ada', 'ben']) door.pulse(granted(faceId));
    const ended = door.end();
    door.pulse(granted('cleo'));
    await pass(3_000);
    await ended;
    expect(happened).toEqual(
      ['ben', 'cleo'].map((who) => `door-fault: not opened: the appliance ends: ${who}`),
    );
  });

  it('goes on when the device does not hear that Lintel lives', async () => {
    actuator.fails = ['refresh'];
    door.pulse();
    await pass(4_000);
    expect(actuator.told.at(-1)).toBe('close at 3');
    expect(happened).toEqual([]);
  });
});

describe('an answer', () => {
  const times: number[] = [];
  /** Notes when it is known whether the door opened to those who were granted, in seconds. */
  const ask = (): void =>
    void door.answered().then(() => times.push(Math.round((performance.now() - begun) / 1_000)));
  let begun: number;
  beforeEach(() => {
    times.length = 0;
    begun = performance.now();
  });

  it('is waited for while the actuator hangs, whatever it is', async () => {
    actuator.hangs = ['open'];
    for (const fails of [[], ['open' as const]]) {
      actuator.fails = fails;
      door.pulse(granted('ada'));
      ask();
      await pass(20_000);
    }
    expect(times).toEqual([5, 25]);
  });

  it('is there while no visitor was granted, and while the door stands open', async () => {
    ask();
    await pass(0);
    door.pulse(granted('ada'));
    await pass(1_000);
    door.pulse(granted('ben'));
    ask();
    await pass(1_000);
    expect(times).toEqual([0, 1]);
  });

  it('comes also where others go on asking a door to open that does not', async () => {
    actuator.hangs = ['open'];
    actuator.fails = ['open'];
    door.pulse(granted('ada'));
    ask();
    const others = setInterval(() => door.pulse(), 100);
    await pass(1_000);
    ask();
    await pass(60_000);
    clearInterval(others);
    // With the pulse that was given, and with the one that was kept.
    expect(times).toEqual([5, 10]);
  });

  it('to whom a pulse is kept for comes with that pulse, or once it is refused', async () => {
    door.pulse(granted('ada'));
    await pass(1_000);
    door.pulse(granted('ben'));
    actuator.hangs = ['open', 'close'];
    // It is shut from 3 s on, and opens from 8 s on.
    await pass(3_000);
    ask();
    await pass(30_000);
    actuator.fails = ['open', 'close'];
    door.pulse(granted('cleo'));
    door.pulse(granted('dan'));
    ask();
    await pass(30_000);
    // Opens in vain until 39 s, and does not shut at 44 s.
    expect(times).toEqual([13, 44]);
    expect(happened.at(-1)).toContain('not opened: it is not certain that it is shut: dan');
  });
});

describe('a door', () => {
  it('that does not shut is shut again and again, and opened to no visitor', async () => {
    door.pulse();
    door.pulse();
    await pass(2_000);
    actuator.fails = ['close'];
    await pass(2_000);
    expect(door.pulse()).toBe(false);
    await pass(20_000);
    expect(actuator.told.filter((told) => told.startsWith('close failed')).length).toBeGreaterThan(5);
    expect(happened).toEqual([
      'door-fault: not shut',
      'door-fault: not opened: it is not certain that it is shut',
      'door-fault: not opened: it is not certain that it is shut',
    ]);
    actuator.fails = [];
    await pass(6_000);
    expect(happened.slice(3)).toEqual(['door-mended']);
    // Not for those who were kept waiting, either.
    expect(actuator.told.filter((told) => told.startsWith('open'))).toHaveLength(1);
    expect(door.pulse()).toBe(true);
  });

  it('that fails to open is mended once it has opened, not once it is shut', async () => {
    actuator.fails = ['open'];
    for (let i = 0; i < 2; i++) {
      door.pulse();
      await pass(100);
    }
    actuator.fails = [];
    await pass(60_000);
    expect(happened).toEqual(['door-fault: not opened', 'door-fault: not opened']);
    for (let i = 0; i < 2; i++) {
      door.pulse();
      await pass(3_000);
    }
    expect(happened.slice(2)).toEqual(['door-mended']);
  });

  it.each([
    [['shutting'], 'door-mended', undefined],
    [['opening', 'shutting'], undefined, 'door-mended'],
    [[], undefined, undefined],
  ] as const)('that failed at %j before the start is mended in this one', async (failedAt, shut, opened) => {
    start(false, failedAt);
    await pass(0);
    expect(happened.at(-1)).toBe(shut);
    happened = [];
    door.pulse();
    await pass(3_000);
    expect(happened.at(-1)).toBe(opened);
  });

  it('is opened to no visitor before it was shut at the start', async () => {
    start();
    expect(door.pulse()).toBe(false);
    await pass(0);
    expect(door.pulse()).toBe(true);
  });

  it('lets a pulse finish at the end, shuts, and lets go of the actuator', async () => {
    door.pulse();
    await pass(1_000);
    const ended = door.end();
    expect(door.pulse()).toBe(false);
    await pass(2_000);
    await ended;
    expect(actuator.told).toContain('unwatched');
    expect(actuator.told.slice(-2)).toEqual(['close at 3', 'ended']);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('that does not shut does not keep the appliance from ending', async () => {
    door.pulse();
    actuator.fails = ['close'];
    const ended = door.end();
    await pass(6_000);
    await ended;
    expect(actuator.told.at(-1)).toBe('ended');
  });

  it.each([
    ['granted', 'steps', true],
    ['granted', 'code', true],
    ['granted', 'light-and-steps', true],
    ['granted', 'light', false],
    ['granted', 'presence', false],
    ['denied', 'steps', false],
    ['undecided', 'steps', false],
    ['compared', 'steps', false],
  ] as const)('of a visit that is %s by %s opens: %s', async (outcome, level, opens) => {
    await pulseOnGrant(door)({ outcome, level } as VisitRecord);
    await pass(0);
    expect(actuator.told.some((told) => told.startsWith('open'))).toBe(opens);
  });

  it('opens to who asks to leave, where it is set so', async () => {
    sees({ exit: false });
    sees({ exit: true });
    await pass(0);
    expect(actuator.told).toEqual(['close at 0']);
    start(true);
    await pass(0);
    sees({ exit: false });
    sees({ exit: true });
    sees({ exit: true });
    await pass(0);
    expect(actuator.told).toEqual(['close at 0', 'open 3000 at 0']);
    expect(happened).toEqual(['exit-requested']);
  });

  it('opens to a button that only says that it is pressed', async () => {
    start(true);
    await pass(0);
    actuator.sensors!.pressed();
    await pass(0);
    expect(actuator.told).toEqual(['close at 0', 'open 3000 at 0']);
    sees({ open: false });
    await pass(4_500);
    actuator.sensors!.pressed();
    expect(happened).toEqual(['exit-requested', 'exit-requested']);
  });

  it('whose sensors do not answer is in fault until they do', async () => {
    const { answering } = actuator.sensors!;
    answering(true);
    expect(happened).toEqual([]);
    answering(false);
    expect(happened).toEqual(['door-fault: the sensors do not answer: sensors-unanswered']);
    // They keep nobody out.
    expect(door.pulse()).toBe(true);
    await pass(5_000);
    expect(happened).toHaveLength(1);
    answering(true);
    answering(true);
    expect(happened.slice(1)).toEqual(['door-mended']);
  });

  it.each([true, false])(
    'whose sensors failed before the start is mended, sensors: %s',
    async (hasSensors) => {
      start(false, ['sensing'], hasSensors);
      await pass(0);
      actuator.sensors?.answering(true);
      expect(happened).toEqual(['door-mended']);
    },
  );

  it('tells that it stands open while nothing is reported', async () => {
    sees({ open: false });
    door.pulse();
    await pass(1_000);
    sees({ open: true });
    await pass(21_000);
    expect(happened).toEqual([]);
    await pass(2_000);
    expect(happened).toEqual(['door-held-open']);
  });
});

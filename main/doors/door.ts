import { ASSURANCE_LEVELS, type DoorConfig, type EventReason, type SiteEventKind } from '#contract';
import type { Log } from '../process/index.ts';
import type { VisitListener } from '../session/index.ts';
import { UnansweredError, type Actuator } from './actuator.ts';
import { MAY_NOT_HAVE_OPENED, NOT_OPENED, NOT_SHUT, SENSORS_SILENT, type DoorDuty } from './door-fault.ts';
import { createDoorMonitor } from './door-monitor.ts';
import { passengerOf, type Passenger } from './event-log.ts';

/** Milliseconds between tries to shut; the last one again and again. */
const SHUT_AGAIN_MS = [200, 500, 1_000, 2_000, 5_000] as const;
/** Further tries to shut when the appliance ends: the device's own limit is what is left then. */
const LAST_TRIES = 1;
/** Milliseconds that a pulse may still last when the appliance ends. */
const END_MS = 5_000;
const TICK_MS = 500;

/** Why it does not open. */
const ENDS = 'the appliance ends';
const UNCERTAIN = 'it is not certain that it is shut';

/** Whom one pulse is for; null: nobody who is known. */
type Pulse = Set<Passenger | null>;

/** A door that is shut but for pulses of bounded length. */
export interface Door {
  /**
   * Opens for one pulse. While one lasts, one more is kept for when it has ended; of several, one. Refused while it is not
   * certain that the door is shut.
   * @param whom it opens to, and is told of should it not open; null: nobody who is known
   * @returns whether a pulse begins or is kept
   */
  pulse(whom?: Passenger | null): boolean;
  /**
   * Resolves once it is known of everybody granted until now whether the door opened to them, or whether that stays unknown. Who
   * is granted while it stands open counts as let in. Waits for the pulse that is given and the one that is kept, and for none that
   * is asked for later: for two calls to open and one to shut between them, each as long as the actuator's limits.
   */
  answered(): Promise<void>;
  /** Ends a pulse after a moment, shuts, and lets go of the actuator. */
  end(): Promise<void>;
}

export interface DoorOptions {
  readonly config: Pick<DoorConfig, 'pulseMs' | 'heldOpenMs' | 'exitOpens'>;
  readonly actuator: Actuator;
  /** What it failed at before this start, and has not done since. */
  readonly failedAt?: readonly DoorDuty[];
  /** Hears what happens at the door, and to whom it did not open, or may not have (`door-unanswered`). */
  readonly tell: (
    kind: SiteEventKind,
    detail: string | null,
    whom?: Passenger | null,
    reasons?: EventReason[],
  ) => void;
  readonly log: Log;
}

/** Shuts the door at once, and again until the actuator has done it: a crash may have left it open. */
export function createDoor({ config, actuator, failedAt = [], tell, log }: DoorOptions): Door {
  const { pulseMs, exitOpens } = config;
  const monitor = createDoorMonitor(config);
  const ending = new AbortController();
  let isShut = false;
  /** It did not shut when it was told. */
  let isDoubtful = false;
  const failing = new Set(failedAt);
  /** It did what it is for. */
  const did = (duty: DoorDuty): void => {
    if (failing.delete(duty) && failing.size === 0) tell('door-mended', null);
  };
  /** Whom the pulse is for that is given, from the call to open to its end, and whom one more is kept for. */
  let given: Pulse | null = null;
  let kept: Pulse = new Set();
  let isClosing = false;
  /** The pulse stands open. */
  let isOpen = false;
  /** Those who wait until it is known whether a pulse opens. */
  const waiting = new Map<Pulse, PromiseWithResolvers<void>>();
  const settle = (pulse: Pulse): void => {
    waiting.get(pulse)?.resolve();
    waiting.delete(pulse);
  };
  /** Tells each of whom it did not open to: they have not passed. */
  const notOpened = (whom: Iterable<Passenger | null>, why?: string): void => {
    for (const each of whom)
      tell('door-fault', why === undefined ? NOT_OPENED : `${NOT_OPENED}: ${why}`, each);
  };
  const refuseKept = (why: string): void => {
    notOpened(kept, why);
    settle(kept);
    kept = new Set();
  };

  /** What is being done, one after the other. */
  let doing: Promise<void> = shut();

  async function shut(): Promise<void> {
    isShut = false;
    for (let tries = 0; ; tries++) {
      try {
        await actuator.close();
        isShut = true;
        isDoubtful = false;
        monitor.released(false, performance.now());
        did('shutting');
        return;
      } catch (error) {
        isDoubtful = true;
        failing.add('shutting');
        if (tries === 0) {
          log.error({ err: error }, 'the door was not shut');
          tell('door-fault', NOT_SHUT);
        }
        // Who was kept waiting has left by the time that it shuts.
        refuseKept(UNCERTAIN);
        if (ending.signal.aborted && tries >= LAST_TRIES) return;
        await wait(SHUT_AGAIN_MS[Math.min(tries, SHUT_AGAIN_MS.length - 1)]!, ending.signal);
      }
    }
  }

  async function open(whom: Pulse): Promise<void> {
    const until = performance.now() + pulseMs;
    isShut = false;
    given = whom;
    monitor.released(true, performance.now());
    try {
      const lost = new AbortController();
      await actuator.open(pulseMs, (error) => lost.abort(error));
      isOpen = true;
      for (const pulse of waiting.keys()) settle(pulse);
      await hold(until, lost.signal);
      did('opening');
    } catch (error) {
      failing.add('opening');
      if (error instanceof UnansweredError) {
        log.error({ err: error }, 'the door may not have opened');
        for (const each of whom) tell('door-fault', MAY_NOT_HAVE_OPENED, each, ['door-unanswered']);
      } else {
        log.error({ err: error }, 'the door was not opened');
        notOpened(whom);
      }
    }
    given = null;
    isOpen = false;
    settle(whom);
    await shut();
  }

  /** Until the pulse ends, telling the device that Lintel lives. @throws the reason of `lost`, once that is aborted */
  async function hold(until: number, lost: AbortSignal): Promise<void> {
    const { refresh } = actuator;
    const over = AbortSignal.any([ending.signal, lost]);
    while (!over.aborted) {
      const left = until - performance.now();
      if (left <= 0) break;
      await wait(Math.min(left, refresh?.everyMs ?? Infinity), over);
      // A device that does not hear it shuts: that is what it is for.
      if (refresh && until > performance.now() && !over.aborted) {
        await refresh
          .send()
          .catch((error: unknown) => log.warn({ err: error }, 'the door was not refreshed'));
      }
    }
    lost.throwIfAborted();
  }

  let isBusy = false;
  async function run(): Promise<void> {
    isBusy = true;
    try {
      while (kept.size > 0) {
        const whom = kept;
        kept = new Set();
        await open(whom);
      }
    } finally {
      isBusy = false;
    }
  }

  const pulse = (whom: Passenger | null = null): boolean => {
    if (isClosing || isDoubtful || (!isBusy && !isShut)) {
      notOpened([whom], isClosing ? ENDS : UNCERTAIN);
      return false;
    }
    kept.add(whom);
    if (!isBusy) doing = run();
    return true;
  };

  const hear = (kinds: readonly SiteEventKind[]): void => {
    for (const kind of kinds) {
      tell(kind, null);
      if (kind === 'exit-requested' && exitOpens) pulse();
    }
  };
  const unwatch = actuator.watch?.({
    read: (reading) => hear(monitor.read(reading, performance.now())),
    pressed: () => hear(monitor.pressed(performance.now())),
    answering: (doThey) => {
      if (doThey) return did('sensing');
      failing.add('sensing');
      log.error('the sensors of the door do not answer');
      tell('door-fault', SENSORS_SILENT, null, ['sensors-unanswered']);
    },
  });
  // Those that failed before the start were taken away since.
  if (!unwatch) did('sensing');
  const ticking = setInterval(() => hear(monitor.tick(performance.now())), TICK_MS).unref();

  return {
    pulse,
    answered() {
      const pulse = kept.size > 0 ? kept : given;
      if (pulse === null || isOpen) return Promise.resolve();
      const answer = waiting.get(pulse) ?? Promise.withResolvers();
      waiting.set(pulse, answer);
      return answer.promise;
    },
    async end() {
      isClosing = true;
      refuseKept(ENDS);
      clearInterval(ticking);
      unwatch?.();
      const late = setTimeout(() => ending.abort(), END_MS);
      await doing;
      clearTimeout(late);
      ending.abort();
      if (!isShut) await shut();
      await actuator.end();
    },
  };
}

/** Opens the door for an access code that is granted, or a visit whose level may open doors, whatever the rules say. */
export const pulseOnGrant =
  (door: Pick<Door, 'pulse'>): VisitListener =>
  (visit) => {
    const { outcome, level } = visit;
    if (outcome !== 'granted' || !(level === 'code' || ASSURANCE_LEVELS[level].opensDoors)) return;
    door.pulse(passengerOf(visit));
  };

function wait(ms: number, signal?: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  if (signal?.aborted) return Promise.resolve();
  const done = (): void => {
    clearTimeout(timer);
    signal?.removeEventListener('abort', done);
    resolve();
  };
  const timer = setTimeout(done, ms);
  signal?.addEventListener('abort', done, { once: true });
  return promise;
}

import { dirname, extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import type { Log } from './log.ts';
import { tellSystemd, type NotifyPlace } from './tell-systemd.ts';

/** How often the event loop counts that it came round: several times between two looks of the thread. */
const TURN_MS = 100;
/** How often the parts of the program are asked. */
const ASK_MS = 1_000;
/** How long they may be silent: a picture takes its time on a busy machine. */
const LONGEST_SILENCE_MS = 20_000;
/** How long until they answer for the first time: they load their networks before. */
const LONGEST_START_MS = 300_000;

/** Beside this file: `.ts` when run from source, `.js` when bundled. */
const HERE = fileURLToPath(import.meta.url);
const THREAD_FILE = join(dirname(HERE), `watchdog-thread${extname(HERE)}`);

/** What the watching thread is given. */
export interface WatchdogData {
  readonly place: NotifyPlace;
  /** One number that grows as long as the program is alive. */
  readonly turns: Int32Array;
}

/**
 * Starts a thread that tells systemd that the program is ready, and then again and again that it is alive: while its event loop comes
 * round and each of its parts answered within 20 s (see `createPatience`). The thread says both: on a busy machine it starts late, and
 * systemd expects to hear of a program once that is ready. It kills one that hangs, and systemd starts it again; so does systemd
 * where the whole process stopped, the thread with it.
 * @param answers resolves when the parts of the program did some work just now; rejects when they could not take it
 */
export function startWatchdog(answers: () => Promise<void>, place: NotifyPlace, log: Log): void {
  const turns = new Int32Array(new SharedArrayBuffer(4));
  countTurns(answers, () => void Atomics.add(turns, 0, 1));
  const workerData: WatchdogData = { place, turns };
  const thread = new Worker(THREAD_FILE, { workerData });
  thread.on('error', (error) => {
    log.fatal({ err: error }, 'nothing watches over the appliance');
    // systemd hears nothing more from now on, and starts the program again.
    tellSystemd('READY=1', place, () => undefined);
  });
  thread.unref();
}

/**
 * Counts while the event loop comes round and the parts answer.
 * @param now monotonic clock in milliseconds
 * @returns a function that ends it
 */
export function countTurns(
  answers: () => Promise<void>,
  turn: () => void,
  now: () => number = () => performance.now(),
): () => void {
  let asked = -Infinity;
  let silentAt = now() + LONGEST_START_MS;
  let isAsking = false;
  const ask = async (): Promise<void> => {
    isAsking = true;
    asked = now();
    try {
      await answers();
      silentAt = now() + LONGEST_SILENCE_MS;
    } catch {
      // Asked again in a second.
    } finally {
      isAsking = false;
    }
  };
  const timer = setInterval(() => {
    if (!isAsking && now() - asked >= ASK_MS) void ask();
    if (now() <= silentAt) turn();
  }, TURN_MS).unref();
  return () => clearInterval(timer);
}

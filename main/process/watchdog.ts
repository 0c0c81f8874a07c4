import { execFile } from 'node:child_process';
import type { Log } from './log.ts';

/** How often systemd hears of a healthy program. Its unit allows several times as long (`WatchdogSec`). */
const BEAT_MS = 1_000;
/** How long the parts of a program may be silent: what waits in a queue answers late. */
const LONGEST_SILENCE_MS = 20_000;

export interface WatchdogOptions {
  /** Resolves when the parts of the program did some work for it just now; rejects when they could not take it. */
  readonly answers: () => Promise<void>;
  /** Passes a state to the service manager, as in `sd_notify(3)`. */
  readonly tell: (state: 'READY=1' | 'WATCHDOG=1') => void;
  /** Monotonic clock in milliseconds. */
  readonly now?: () => number;
}

/**
 * Says that the program is ready, and from then on each second that it is alive: while its event loop turns, and each of
 * its parts answered within 20 s. A part that hangs ends that, and the service manager starts the program again.
 * @returns a function that ends it
 */
export function startWatchdog({ answers, tell, now = () => performance.now() }: WatchdogOptions): () => void {
  let answered = now();
  let isAsking = false;
  const ask = async (): Promise<void> => {
    if (isAsking) return;
    isAsking = true;
    try {
      await answers();
      answered = now();
    } catch {
      // Asked again with the next beat.
    } finally {
      isAsking = false;
    }
  };
  const beat = (): void => {
    void ask();
    if (now() - answered <= LONGEST_SILENCE_MS) tell('WATCHDOG=1');
  };
  tell('READY=1');
  beat();
  const timer = setInterval(beat, BEAT_MS).unref();
  return () => clearInterval(timer);
}

/**
 * How to reach the systemd that started this program, or null where none waits to hear from it. Its socket takes
 * datagrams, which Node does not send to a path: the program `systemd-notify` does.
 */
export function systemdOf(
  { NOTIFY_SOCKET: socket, PATH: path }: NodeJS.ProcessEnv,
  log: Log,
): WatchdogOptions['tell'] | null {
  if (!socket) return null;
  return (state) => {
    execFile('systemd-notify', [state], { env: { NOTIFY_SOCKET: socket, PATH: path } }, (error) => {
      if (error !== null) log.error({ err: error, state }, 'systemd could not be told');
    });
  };
}

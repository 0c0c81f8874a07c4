/** The thread that watches over the program's main thread: it runs while that one computes, waits or hangs. */
import { readFileSync } from 'node:fs';
import { workerData } from 'node:worker_threads';
import { createLog } from './log.ts';
import { createPatience, LOOK_MS, type Sight } from './patience.ts';
import { tellSystemd } from './tell-systemd.ts';
import type { WatchdogData } from './watchdog.ts';

/** Of `proc_pid_stat(5)`: clock ticks are 10 ms on every Linux that Node runs on. */
const TICK_MS = 10;

const { place, turns } = workerData as WatchdogData;
const log = createLog();
const isAlive = createPatience();
const tell = (state: Parameters<typeof tellSystemd>[0]): void =>
  tellSystemd(state, place, (error) => log.error({ err: error }, 'systemd could not be told'));

function look(): void {
  if (isAlive({ at: performance.now(), turns: Atomics.load(turns, 0), ...mainThread() })) {
    tell('WATCHDOG=1');
    return;
  }
  log.fatal('the appliance hangs; it is started again');
  process.kill(process.pid, 'SIGKILL');
}

/** The main thread has the number of the process. */
function mainThread(): Pick<Sight, 'state' | 'cpuMs'> {
  const stat = readFileSync(`/proc/self/task/${process.pid}/stat`, 'utf8');
  // The name before it may hold anything, also brackets and blanks.
  const [state = '', ...numbers] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return { state, cpuMs: (Number(numbers[10]) + Number(numbers[11])) * TICK_MS };
}

tell('READY=1');
setInterval(look, LOOK_MS);
look();

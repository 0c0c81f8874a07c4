import { spawn, type ChildProcess } from 'node:child_process';
import { DoorReading, type ActuatorConfig, type Argv } from '#contract';
import { polling, UnansweredError, withLength, type Actuator } from './actuator.ts';

/** A program that says more says nothing. */
const MOST_OUTPUT = 4_096;
/** Between two signs that Lintel lives, for a program that holds the door. */
const REFRESH_MS = 1_000;

/** What a program may know of Lintel's surroundings: no key and no folder of the store is named in it. */
const environment = (): NodeJS.ProcessEnv => ({
  PATH: process.env['PATH'] ?? '/usr/bin:/bin',
  LANG: process.env['LANG'] ?? 'C.UTF-8',
});

/** Programs of this machine, run without a shell, each in a group of its own and for a bounded time. */
export function createCommandActuator(config: ActuatorConfig<'command'>): Actuator {
  const { open, close, state, holds, limitMs, pollMs } = config;
  let held: ChildProcess | null = null;

  /** Starts the program that holds the door open until its standard input ends. */
  async function hold(ms: number, onLost: OnLost): Promise<void> {
    const child = start(open, ms, ['pipe', 'ignore', 'ignore']);
    held = child;
    child.once(
      'exit',
      tellFailure(open, (error) => held === child && onLost(error)),
    );
    // It may end sooner than it is told.
    child.stdin?.on('error', () => undefined);
    await begun(child);
  }

  async function release(): Promise<void> {
    const child = held;
    held = null;
    if (child === null || hasEnded(child)) return;
    const ended = new Promise((resolve) => child.once('exit', resolve));
    const timer = setTimeout(() => kill(child), limitMs);
    child.stdin?.end();
    await ended;
    clearTimeout(timer);
  }

  return {
    open: async (ms, onLost = () => undefined) => {
      if (holds) await hold(ms, onLost);
      else await runProgram(open, ms, limitMs);
    },
    close: async () => {
      await release();
      await runProgram(close, 0, limitMs);
    },
    ...(holds && {
      refresh: {
        everyMs: REFRESH_MS,
        send: async () => {
          if (held === null || hasEnded(held)) throw new Error('the program that holds the door has ended');
          held.stdin?.write('\n');
        },
      },
    }),
    ...(state && {
      watch: polling(pollMs, async () => DoorReading.parse(JSON.parse(await runProgram(state, 0, limitMs)))),
    }),
    end: release,
  };
}

function start(
  argv: Argv,
  ms: number,
  stdio: ['pipe' | 'ignore', 'ignore' | 'pipe', 'ignore'],
): ChildProcess {
  const [program = '', ...words] = argv.map((word) => withLength(word, ms));
  return spawn(program, words, { stdio, env: environment(), cwd: '/', detached: true });
}

/** By itself, or by a signal. */
const hasEnded = ({ exitCode, signalCode }: ChildProcess): boolean =>
  exitCode !== null || signalCode !== null;

type OnLost = NonNullable<Parameters<Actuator['open']>[1]>;

/** A program that ends by itself with 0 has shut the door, as it may; one that fails could not say what it had done until then. */
const tellFailure =
  ([program]: Argv, onLost: OnLost) =>
  (code: number | null, signal: NodeJS.Signals | null): void => {
    if (code !== 0) onLost(new UnansweredError(`${program} ended with ${code ?? signal}`));
  };

async function begun(child: ChildProcess): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  child.once('spawn', resolve);
  child.on('error', reject);
  await promise;
}

/** With whatever it started. */
function kill({ pid }: ChildProcess): void {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL');
  } catch {
    // It has ended meanwhile.
  }
}

/** A program that was started and may still run. */
export interface RunningProgram {
  /** Ends it at once, with whatever it started. Resolves when it has ended. */
  readonly kill: () => Promise<void>;
}

/**
 * Starts a program that ends by itself, and does not wait for it.
 * @param onLost told if it fails before it is killed
 * @throws Error when it does not start
 */
export async function startProgram(argv: Argv, onLost: OnLost): Promise<RunningProgram> {
  const child = start(argv, 0, ['ignore', 'ignore', 'ignore']);
  const failed = tellFailure(argv, onLost);
  child.once('exit', failed);
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  await begun(child);
  return {
    kill: async () => {
      child.off('exit', failed);
      kill(child);
      await ended;
    },
  };
}

/** Runs a program to its end. @returns what it printed @throws Error when it fails; {@link UnansweredError} when it is killed, takes too long or says too much */
export async function runProgram(argv: Argv, ms: number, limitMs: number): Promise<string> {
  const child = start(argv, ms, ['ignore', 'pipe', 'ignore']);
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const output: Buffer[] = [];
  let length = 0;
  child.stdout?.on('data', (chunk: Buffer) => {
    output.push(chunk);
    length += chunk.length;
    if (length > MOST_OUTPUT) kill(child);
  });
  const timer = setTimeout(() => {
    kill(child);
    reject(new UnansweredError(`${argv[0]} took longer than ${limitMs} ms`));
  }, limitMs);
  child.on('error', reject);
  child.on('close', (code, signal) => {
    // It was killed for it, or ended just before: what it exits with is chance.
    if (length > MOST_OUTPUT) reject(new UnansweredError(`${argv[0]} said more than ${MOST_OUTPUT} bytes`));
    else if (code === 0) resolve(Buffer.concat(output).toString('utf8'));
    // One that was killed could not say what it had done until then.
    else if (code === null) reject(new UnansweredError(`${argv[0]} ended with ${signal}`));
    else reject(new Error(`${argv[0]} ended with ${code}`));
  });
  try {
    return await promise;
  } finally {
    clearTimeout(timer);
  }
}

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { constants } from 'node:fs';
import { access, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import type { Readable } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';
import { endsWithUs, type Log } from '../process/index.ts';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome'];

const FLAGS = [
  '--kiosk',
  '--no-first-run',
  '--no-default-browser-check',
  '--noerrdialogs',
  // Nothing leaves the machine by the browser's own doing.
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--disable-breakpad',
  '--disable-domain-reliability',
  '--disable-extensions',
  '--disable-features=Translate,MediaRouter,OptimizationHints',
  '--disk-cache-size=1',
  // A kiosk has no keyring to unlock and no passwords to keep.
  '--password-store=basic',
  // Finding faces needs WebGL 2: drawn by the processor where there is no graphics card. Unsafe for pages of strangers,
  // and this browser shows none.
  '--enable-unsafe-swiftshader',
  '--autoplay-policy=no-user-gesture-required',
  '--disable-pinch',
  '--overscroll-history-navigation=0',
  '--block-new-web-contents',
];

/** All of the environment that a browser gets: where its display is, and how it writes times and numbers. */
const PASSED_ON = [
  'DISPLAY',
  'XAUTHORITY',
  'WAYLAND_DISPLAY',
  'XDG_RUNTIME_DIR',
  'PATH',
  'LANG',
  'LC_ALL',
  'TZ',
];

const PROBE_MS = 30_000;
/** What Chromium writes when a policy forbids other programs to drive it, and when one may. */
const REFUSES = 'remote debugging is disallowed';
const IS_DRIVEN = 'DevTools listening on';
/** Characters of what was read before that are kept, as a message may come in pieces. */
const LONGEST_MESSAGE = Math.max(REFUSES.length, IS_DRIVEN.length);

/** How long until an appliance that gives no address is asked again. */
const ASK_AGAIN_MS = 250;
const FIRST_RESTART_MS = 250;
const LONGEST_RESTART_MS = 60_000;
/** A browser that ran this long was healthy: the next restart is quick again. */
const HEALTHY_MS = 10_000;
const KILL_AFTER_MS = 5_000;

/** The first of Chromium's usual names found in PATH, or null. */
export async function findChromium(path = process.env['PATH'] ?? ''): Promise<string | null> {
  for (const name of NAMES) {
    for (const folder of path.split(delimiter).filter(Boolean)) {
      const file = join(folder, name);
      if (
        await access(file, constants.X_OK).then(
          () => true,
          () => false,
        )
      )
        return file;
    }
  }
  return null;
}

/**
 * What to write into a fresh profile. The address travels here and not on the command line, which every user of the
 * machine can read. The camera, and only it, is allowed, and only to the appliance's own page.
 */
export function profilePreferences(address: string): object {
  return {
    session: { restore_on_startup: 4, startup_urls: [address] },
    profile: {
      content_settings: {
        exceptions: { media_stream_camera: { [`${new URL(address).origin},*`]: { setting: 1 } } },
      },
    },
    credentials_enable_service: false,
    translate: { enabled: false },
  };
}

export interface ScreenOptions {
  readonly chromium: string;
  /**
   * A new one-time address for each start; `onGone` is called once that has become worthless, or its page is lost. While a
   * browser `isOpen`, null lets its page go on.
   */
  readonly newAddress: (onGone: () => void, isOpen: boolean) => string | null | Promise<string | null>;
  readonly log: Log;
  /** Memory, so that nothing a browser keeps reaches a disk. */
  readonly memoryDir?: string;
  readonly firstRestartMs?: number;
}

export interface Screen {
  close(): Promise<void>;
}

/** Opens Chromium in kiosk mode, each time with a fresh profile, and opens it again whenever it ends. */
export function openScreen(options: ScreenOptions): Screen {
  const { firstRestartMs = FIRST_RESTART_MS } = options;
  const stopping = new AbortController();
  const running = (async () => {
    let delay = firstRestartMs;
    let next = await invitation(options, false, stopping.signal);
    while (next !== null && next.address !== null) {
      const start = performance.now();
      const another = await show(options, next.address, next.gone, stopping.signal);
      // A browser that was closed, as its page was gone, is not to blame: the next is opened at once.
      if (another !== null || performance.now() - start > HEALTHY_MS) delay = firstRestartMs;
      if (another === null) {
        await pause(delay, undefined, { signal: stopping.signal }).catch(() => undefined);
        delay = Math.min(delay * 2, LONGEST_RESTART_MS);
      }
      next = another ?? (await invitation(options, false, stopping.signal));
    }
  })();
  return {
    close: async () => {
      stopping.abort();
      await running;
    },
  };
}

/** What the appliance answered, and for how long that is good. */
interface Invitation {
  readonly address: string | null;
  readonly gone: AbortSignal;
}

/** Waits for an answer: an appliance that starts, or starts again, gives none yet. @returns null when stopped before */
async function invitation(
  { newAddress, log }: ScreenOptions,
  isOpen: boolean,
  stop: AbortSignal,
): Promise<Invitation | null> {
  for (let isTold = false; !stop.aborted; isTold = true) {
    const gone = new AbortController();
    try {
      return { address: await newAddress(() => gone.abort(), isOpen), gone: gone.signal };
    } catch (error) {
      if (!isTold) log.warn({ err: error }, 'no address; the appliance is asked again and again');
      await pause(ASK_AGAIN_MS, undefined, { signal: stop }).catch(() => undefined);
    }
  }
  return null;
}

/**
 * Shows a browser at an address. When that is gone, the browser stays while the appliance is asked: one that was killed and
 * started again may let its page go on, which takes no new browser.
 * @param gone aborts once the address is worthless
 * @returns what to show in another browser; null when this one ended by itself, or was stopped
 */
async function show(
  options: ScreenOptions,
  address: string,
  gone: AbortSignal,
  stop: AbortSignal,
): Promise<Invitation | null> {
  const [closing, ended] = [new AbortController(), new AbortController()];
  const browser = runOnce(options, address, closing.signal, stop)
    .catch((error: unknown) => options.log.error({ err: error }, 'screen failed'))
    .finally(() => ended.abort());
  const over = AbortSignal.any([stop, ended.signal]);
  let asked: Invitation | null = { address: null, gone };
  while (asked !== null && asked.address === null) {
    await aborted(AbortSignal.any([asked.gone, over]));
    asked = await invitation(options, true, over);
  }
  closing.abort();
  await browser;
  return asked;
}

const aborted = async (signal: AbortSignal): Promise<void> => {
  if (!signal.aborted) await once(signal, 'abort');
};

async function runOnce(
  { chromium, log, memoryDir = defaultMemoryDir() }: ScreenOptions,
  address: string,
  gone: AbortSignal,
  stop: AbortSignal,
): Promise<void> {
  const profile = await mkdtemp(join(memoryDir, 'lintel-screen-'));
  try {
    await mkdir(join(profile, 'Default'));
    const preferences = JSON.stringify(profilePreferences(address));
    await writeFile(join(profile, 'Default', 'Preferences'), preferences, { mode: 0o600 });
    const env = environmentIn(profile);
    const flags = [...FLAGS, ...(env['WAYLAND_DISPLAY'] ? ['--ozone-platform=wayland'] : [])];
    const program = endsWithUs('KILL', chromium, ...flags, `--user-data-dir=${profile}`);
    const child = spawn(...program, { stdio: 'ignore', env });
    log.info({ chromium }, 'screen opened');
    const end = (): void => {
      child.kill();
      setTimeout(() => child.kill('SIGKILL'), KILL_AFTER_MS).unref();
    };
    // Nothing of it is kept, and one that lost its page may take its time to end, or hang.
    const kill = (): void => void child.kill('SIGKILL');
    stop.addEventListener('abort', end, { once: true });
    gone.addEventListener('abort', kill, { once: true });
    if (stop.aborted) end();
    if (gone.aborted) kill();
    const [code, signal] = (await once(child, 'exit')) as [number | null, string | null];
    stop.removeEventListener('abort', end);
    if (!stop.aborted) log.warn({ code, signal }, 'screen ended');
  } finally {
    await rm(profile, { recursive: true, force: true, maxRetries: 5 });
  }
}

/**
 * Whether this browser does what the managed policy says: it then refuses to be driven by another program, and says so
 * within a second or two.
 * @param probeMs how long to wait for a word
 * @returns null where it said neither: on a busy machine, or as it cannot start
 */
export async function obeysPolicy(
  chromium: string,
  memoryDir = defaultMemoryDir(),
  probeMs = PROBE_MS,
): Promise<boolean | null> {
  const profile = await mkdtemp(join(memoryDir, 'lintel-probe-'));
  const args = ['--headless', `--user-data-dir=${profile}`, '--remote-debugging-port=0', 'about:blank'];
  const program = endsWithUs('KILL', chromium, ...args);
  const child = spawn(...program, { stdio: ['ignore', 'ignore', 'pipe'], env: environmentIn(profile) });
  // Rejects when the program cannot be started. It is awaited at the end only, and a rejection until then would end the process.
  const isGone = once(child, 'exit').catch(() => undefined);
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(), probeMs);
  try {
    return await Promise.race([refusesIn(child.stderr), once(late.signal, 'abort').then(() => null)]);
  } finally {
    clearTimeout(timer);
    child.kill('SIGKILL');
    // A program that the browser started may hold the other end.
    child.stderr.destroy();
    await isGone;
    await rm(profile, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** Whether a browser that writes this refuses to be driven; null: it says nothing of it. No more than a piece is kept of a line. */
async function refusesIn(output: Readable): Promise<boolean | null> {
  return await new Promise((resolve) => {
    let last = '';
    output.setEncoding('utf8').on('data', (piece: string) => {
      const text = last + piece;
      if (text.includes(REFUSES)) resolve(true);
      else if (text.includes(IS_DRIVEN)) resolve(false);
      last = text.slice(-LONGEST_MESSAGE);
    });
    output.on('close', () => resolve(null));
  });
}

/** Crash reports and caches, too, go into the profile, not into the user's home; no variable of ours reaches a browser. */
const environmentIn = (profile: string): NodeJS.ProcessEnv => ({
  ...Object.fromEntries(
    PASSED_ON.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]])),
  ),
  HOME: profile,
  XDG_CONFIG_HOME: profile,
  XDG_CACHE_HOME: profile,
});

const defaultMemoryDir = (): string => process.env['XDG_RUNTIME_DIR'] ?? '/dev/shm';

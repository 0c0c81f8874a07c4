import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { constants } from 'node:fs';
import { access, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import type { Log } from '../process/index.ts';

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

const FIRST_RESTART_MS = 1_000;
const LONGEST_RESTART_MS = 60_000;
/** A browser that ran this long was healthy: the next restart is quick again. */
const HEALTHY_MS = 60_000;
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
  /** A new one-time address for each start; `onGone` is called once that has become worthless. */
  readonly newAddress: (onGone: () => void) => string | Promise<string>;
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
  const { log, firstRestartMs = FIRST_RESTART_MS } = options;
  const stopping = new AbortController();
  const running = (async () => {
    for (
      let delay = firstRestartMs;
      !stopping.signal.aborted;
      delay = Math.min(delay * 2, LONGEST_RESTART_MS)
    ) {
      const start = performance.now();
      await runOnce(options, stopping.signal).catch((error: unknown) =>
        log.error({ err: error }, 'screen failed'),
      );
      if (performance.now() - start > HEALTHY_MS) delay = firstRestartMs;
      await pause(delay, undefined, { signal: stopping.signal }).catch(() => undefined);
    }
  })();
  return {
    close: async () => {
      stopping.abort();
      await running;
    },
  };
}

async function runOnce(options: ScreenOptions, stop: AbortSignal): Promise<void> {
  const { chromium, newAddress, log, memoryDir = defaultMemoryDir() } = options;
  const profile = await mkdtemp(join(memoryDir, 'lintel-screen-'));
  try {
    await mkdir(join(profile, 'Default'));
    const gone = new AbortController();
    const preferences = JSON.stringify(profilePreferences(await newAddress(() => gone.abort())));
    await writeFile(join(profile, 'Default', 'Preferences'), preferences, { mode: 0o600 });
    const env = environmentIn(profile);
    const flags = [...FLAGS, ...(env['WAYLAND_DISPLAY'] ? ['--ozone-platform=wayland'] : [])];
    const child = spawn(chromium, [...flags, `--user-data-dir=${profile}`], { stdio: 'ignore', env });
    log.info({ chromium }, 'screen opened');
    const end = (): void => {
      child.kill();
      setTimeout(() => child.kill('SIGKILL'), KILL_AFTER_MS).unref();
    };
    const either = AbortSignal.any([stop, gone.signal]);
    either.addEventListener('abort', end, { once: true });
    if (either.aborted) end();
    const [code, signal] = (await once(child, 'exit')) as [number | null, string | null];
    either.removeEventListener('abort', end);
    if (!stop.aborted) log.warn({ code, signal }, 'screen ended');
  } finally {
    await rm(profile, { recursive: true, force: true, maxRetries: 5 });
  }
}

/**
 * Whether this browser does what the managed policy says: it then refuses to be driven by another program. Takes two
 * or three seconds.
 */
export async function obeysPolicy(chromium: string, memoryDir = defaultMemoryDir()): Promise<boolean> {
  const profile = await mkdtemp(join(memoryDir, 'lintel-probe-'));
  try {
    const args = ['--headless', `--user-data-dir=${profile}`, '--dump-dom', 'about:blank'];
    const { stdout } = await promisify(execFile)(chromium, args, {
      env: environmentIn(profile),
      timeout: PROBE_MS,
    }).catch((error: unknown) => error as { stdout?: string });
    return stdout !== undefined && !stdout.includes('<html');
  } finally {
    await rm(profile, { recursive: true, force: true, maxRetries: 5 });
  }
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

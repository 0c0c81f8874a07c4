import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { constants } from 'node:fs';
import { access, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { Log } from '../log.ts';

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
];

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
  /** A new one-time address for each start. */
  readonly newAddress: () => string;
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
  const { chromium, newAddress, log, memoryDir = process.env['XDG_RUNTIME_DIR'] ?? '/dev/shm' } = options;
  const profile = await mkdtemp(join(memoryDir, 'lintel-screen-'));
  try {
    await mkdir(join(profile, 'Default'));
    const preferences = JSON.stringify(profilePreferences(newAddress()));
    await writeFile(join(profile, 'Default', 'Preferences'), preferences, { mode: 0o600 });
    // Crash reports and caches, too, go into the profile, not into the user's home.
    const env = { ...process.env, XDG_CONFIG_HOME: profile, XDG_CACHE_HOME: profile };
    const child = spawn(chromium, [...FLAGS, `--user-data-dir=${profile}`], { stdio: 'ignore', env });
    log.info({ chromium }, 'screen opened');
    const end = (): void => {
      child.kill();
      setTimeout(() => child.kill('SIGKILL'), KILL_AFTER_MS).unref();
    };
    stop.addEventListener('abort', end, { once: true });
    if (stop.aborted) end();
    const [code, signal] = (await once(child, 'exit')) as [number | null, string | null];
    stop.removeEventListener('abort', end);
    if (!stop.aborted) log.warn({ code, signal }, 'screen ended');
  } finally {
    await rm(profile, { recursive: true, force: true, maxRetries: 5 });
  }
}

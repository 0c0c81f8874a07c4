/**
 * The appliance, and a screen of another user in front of it as the units of `main/deploy` run it (cage and Chromium,
 * its policy, its keyboard), on a real X server. Nothing of the machine is changed: the policy is bound over Chromium's
 * folder inside a mount namespace that only the drill's processes see, and goes with them.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { chmod, chown, mkdir, mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { fileKekProvider, openStore } from '#core/store';
import { kioskPolicy } from '../../../main/deploy/index.ts';
import { readLockdown, type Lockdown } from '../../../main/lockdown/index.ts';
import { createLog, endsWithUs } from '../../../main/process/index.ts';
import { startBrowserShell } from '../../../main/shell/browser-shell.ts';
import { layoutOf } from '../../../main/shell/options.ts';
import { CHROMIUM, find } from '../../../scripts/setup/debian.ts';
import { NEVER_COMES_MS, NEVER_ENDS_MS } from '../../../scripts/test/limits.ts';
import {
  changedRows,
  difference,
  openDisplay,
  without,
  type Area,
  type Display,
} from '../../support/display.ts';
import type { Attempt } from './attempts.ts';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const XKB = join(ROOT, 'main/deploy/xkb');
const NOBODY = 65_534;
const SHOTS = process.env['LINTEL_DRILL_SHOTS'];

export interface Guards {
  /** Whether with the policy, the keyboard and the browser's own flags. */
  readonly isGuarded: boolean;
  /** Whether the browser is in its compositor, else it is the X server's own client. */
  readonly isInCage: boolean;
}

export interface Drill {
  readonly display: Display;
  /** Opens another program beside it, on the same display: a page, a data URL, with such a title. */
  openBeside(program: { readonly page: string; readonly title: string }): Promise<void>;
  /**
   * Tries them together, and one by one where something changed, if only for a moment.
   * @returns what changed the screen
   */
  escapes(attempts: readonly Attempt[]): Promise<string[]>;
  /** Tries them, and forgets what was shown before. @returns whether the screen is another one after them */
  changes(attempts: readonly Attempt[], withinMs?: number): Promise<boolean>;
  save(name: string): Promise<void>;
  /** What the appliance keeps of this screen. */
  lockdown(): Promise<Lockdown | null>;
  end(): Promise<void>;
}

/** Where another program is. */
export const BESIDE: Area = { left: 0, right: 520, top: 0, bottom: 240 };

const LOOK_MS = 100;
const BETWEEN_MS = 30;
const TOGETHER = 32;
/** What is late is seen by the looks that follow, so a short while is enough between some and others. */
const SETTLE_MS = 300;
/** After the last: a window of its own takes most. */
const LAST_MS = 3_000;
/** A moved pointer is less; a menu, a dialog, a tab or a window is more. */
const CHANGED = 0.004;
/** What is shown for so long is no part of a movement. */
const STAYS_MS = 300;
const KILL_AFTER_MS = 5_000;
/** What is not done by then is tried again. */
const DONE_MS = 10_000;

/** Starts Chromium without the flags that concern fingers. */
const WITHOUT_FLAGS = `#!/bin/sh
for flag; do
  shift
  case "$flag" in --disable-pinch | --overscroll-history-navigation=0) ;; *) set -- "$@" "$flag" ;; esac
done
exec CHROMIUM "$@"
`;

/**
 * Runs a program in a namespace and passes on that it is to end. What is killed cannot tidy up, and a compositor that is
 * told to end waits for its program without end: either would leave the lock of the compositor's X server behind.
 */
const runIn = (isInCage: boolean): string => {
  const told = isInCage ? '$(cat /proc/$!/task/$!/children)' : '$!';
  return `"$@" & trap 'kill -TERM ${told}' TERM; wait; wait`;
};

/** Starts an appliance and its screen, and waits until that is at rest. @param dir where everything is kept */
export async function begin(dir: string, { isGuarded, isInCage }: Guards): Promise<Drill> {
  const display = await openDisplay(isGuarded ? join(XKB, 'symbols/lintel') : null);
  const run = await mkdtemp(join(dir, 'run-'));
  await chmod(run, 0o755);
  const folder = async (name: string, mode: number): Promise<string> => {
    const path = join(run, name);
    await mkdir(path);
    await chmod(path, mode);
    return path;
  };
  // As lintel.tmpfiles has it: what is made in it is the screen's group's.
  const meeting = await folder('lintel-screen', 0o750);
  await chown(meeting, 0, NOBODY);
  await chmod(meeting, 0o2750);
  const socket = join(meeting, 'address.sock');
  const policies = await folder('policies', 0o755);
  const programs = await folder('programs', 0o755);
  const kekProvider = fileKekProvider(join(run, 'key'));
  const dataDir = join(run, 'data');
  const shell = await startBrowserShell({
    dataDir,
    layout: layoutOf(ROOT),
    kekProvider,
    version: '1.2.3',
    log: createLog('silent'),
    screenSocket: socket,
    policyDir: policies,
    workers: 1,
  });
  if (isGuarded) {
    const policy = JSON.stringify(kioskPolicy(shell.origin));
    await writeFile(join(policies, 'lintel.json'), policy, { mode: 0o644 });
  } else {
    const script = WITHOUT_FLAGS.replace('CHROMIUM', find(CHROMIUM)!);
    await writeFile(join(programs, 'chromium'), script, { mode: 0o755 });
  }
  const save = async (name: string): Promise<void> => {
    if (SHOTS === undefined) return;
    const file = `${isGuarded ? 'guarded' : 'unguarded'}${isInCage ? '-in-cage' : ''}-${name.replace(/[^\w+]+/g, '-').slice(0, 100)}.png`;
    await display.save(join(SHOTS, file));
  };

  /** Runs a program as the screen's user, with its processes in a namespace of their own. */
  const asNobody = async (prepare: string, ...program: string[]): Promise<ChildProcess> => {
    const runtime = await mkdtemp(join(run, 'user-'));
    await chown(runtime, NOBODY, NOBODY);
    const xkb = isGuarded ? ['XKB_DEFAULT_RULES=lintel', `XKB_CONFIG_EXTRA_PATH=${XKB}`] : [];
    const environment = [
      `PATH=${programs}:/usr/bin:/bin`, `HOME=${runtime}`, `XDG_RUNTIME_DIR=${runtime}`, `DISPLAY=${display.name}`,
      'WLR_BACKENDS=x11', 'WLR_RENDERER=pixman', 'XKB_DEFAULT_LAYOUT=us', ...xkb,
    ]; // prettier-ignore
    const user = ['setpriv', `--reuid=${NOBODY}`, `--regid=${NOBODY}`, '--clear-groups', 'env', '-i'];
    const namespaces = ['--mount', '--pid', '--fork', '--kill-child=TERM', '--mount-proc'];
    const words: [string, ...string[]] = [
      'unshare',
      ...namespaces,
      'sh',
      '-c',
      `${prepare}; ${runIn(program[0] === 'cage')}`,
      policies,
      ...user,
      ...environment,
      ...program,
    ];
    return spawn(...endsWithUs('KILL', ...words), { stdio: 'ignore' });
  };

  const running: ChildProcess[] = [];
  const stop = async (): Promise<void> => {
    for (const program of running.splice(0)) await end(program);
  };

  const close = async (): Promise<void> => {
    await stop();
    await shell.close();
    await display.close();
  };

  let hidden: readonly Area[] = [];
  let before: Buffer = Buffer.alloc(0);
  const look = async (): Promise<Buffer> => hidden.reduce(without, await display.picture());

  const restart = async (): Promise<void> => {
    await stop();
    const bind = 'mkdir -p /etc/chromium/policies/managed; mount --bind "$0" /etc/chromium/policies/managed';
    const screen = [process.execPath, join(ROOT, 'main/screen.ts'), '--socket', socket];
    running.push(await asNobody(bind, ...(isInCage ? ['cage', '--'] : []), ...screen));
    [hidden, before] = await atRest(display, []);
  };

  /** Looks on until something has changed, or until a time. */
  const isChanged = async (until: () => number): Promise<boolean> => {
    while (performance.now() < until()) {
      if (difference(before, await look()) > CHANGED) return true;
      await pause(LOOK_MS);
    }
    return false;
  };

  /** Whether something changes while they are tried, if only for a moment, and so long after. */
  const disturbs = async (attempts: readonly Attempt[], settleMs: number): Promise<boolean> => {
    let until = Infinity;
    const trying = play(display, attempts).finally(() => (until = performance.now() + settleMs));
    const changed = await isChanged(() => until);
    await trying;
    return changed;
  };

  const escapes = async (attempts: readonly Attempt[]): Promise<string[]> => {
    const found: string[] = [];
    for (let i = 0; i < attempts.length; i += TOGETHER) {
      const some = attempts.slice(i, i + TOGETHER);
      const isLast = i + TOGETHER >= attempts.length;
      if (!(await disturbs(some, isLast ? LAST_MS : SETTLE_MS))) continue;
      const names = some.map(({ name }) => name).join(', ');
      await save(names);
      await restart();
      const alone: string[] = [];
      for (const each of some) {
        if (!(await disturbs([each], LAST_MS))) continue;
        alone.push(each.name);
        await save(each.name);
        await restart();
      }
      found.push(...(alone.length > 0 ? alone : [`together: ${names}`]));
    }
    return found;
  };

  try {
    await restart();
  } catch (error) {
    await save('not at rest');
    await close();
    throw error;
  }
  return {
    display,
    save,
    escapes,
    openBeside: async ({ page, title }) => {
      const size = [`--window-size=${BESIDE.right},${BESIDE.bottom}`, '--window-position=0,0'];
      const fresh = ['--no-first-run', '--password-store=basic', '--user-data-dir=/dev/shm/beside'];
      // In memory that only this program sees.
      const memory = 'mount -t tmpfs -o mode=1777 tmpfs /dev/shm';
      running.push(await asNobody(memory, find(CHROMIUM)!, ...fresh, ...size, `--app=${page}`));
      if (!(await display.hasWindow(title, NEVER_COMES_MS))) throw new Error('No program beside the kiosk.');
      [hidden, before] = await atRest(display, [BESIDE]);
    },
    changes: async (attempts, withinMs = LAST_MS) => {
      await play(display, attempts);
      const until = performance.now() + withinMs;
      const changed = await isChanged(() => until);
      before = await look();
      return changed;
    },
    lockdown: async () => {
      const store = await openStore({ dir: dataDir, kekProvider });
      const lockdown = await readLockdown(store);
      await store.close();
      return lockdown;
    },
    end: close,
  };
}

/**
 * Waits until the kiosk is at rest. Without a camera it says in turns that there is none and that it looks for one: a browser that is
 * starting, which stands still now and then, takes no turns between two pictures.
 * @param hidden what is not looked at
 * @returns that and the lines that take turns, and what is shown beside them
 */
async function atRest(
  display: Display,
  hidden: readonly Area[],
): Promise<[hidden: readonly Area[], picture: Buffer]> {
  /** Pictures that stayed for a moment, the latest last. */
  const stayed: Buffer[] = [];
  let last: Buffer = Buffer.alloc(0);
  let since = performance.now();
  for (const begun = since; performance.now() - begun < NEVER_ENDS_MS / 2; await pause(LOOK_MS)) {
    const picture = hidden.reduce(without, await display.picture());
    if (!picture.equals(last)) [last, since] = [picture, performance.now()];
    if (performance.now() - since < STAYS_MS) continue;
    if (!(stayed.at(-1)?.equals(last) ?? false)) stayed.push(last);
    const [first, second, third] = stayed.slice(-3);
    if (third === undefined || !third.equals(first!)) continue;
    const all = [...hidden, changedRows(second!, third)];
    return [all, all.reduce(without, third)];
  }
  throw new Error('Nothing is shown, or it moves.');
}

/** One after the other; what needs no waiting by one program. */
async function play(display: Display, attempts: readonly Attempt[]): Promise<void> {
  let words: string[] = [];
  const flush = async (): Promise<void> => {
    if (words.length > 0) await display.play(...words);
    words = [];
  };
  for (const attempt of attempts) {
    if ('fingers' in attempt) {
      await flush();
      await display.touch(attempt.fingers, attempt.holdMs);
      await pause(BETWEEN_MS);
      continue;
    }
    words.push(...attempt.words, 'sleep', String(BETWEEN_MS / 1_000));
    if (attempt.until === undefined) continue;
    await flush();
    for (let tries = 1; !(await display.hasWindow(attempt.until, DONE_MS)); tries += 1) {
      if (tries === 3) throw new Error(`Not done: ${attempt.name}.`);
      await display.play(...attempt.words);
    }
  }
  await flush();
}

/** Ends a program in a namespace of its own: its first process is asked to, and killed if it does not. */
async function end(program: ChildProcess): Promise<void> {
  if (program.exitCode !== null || program.signalCode !== null) return;
  const ended = new Promise<void>((resolve) => program.once('exit', () => resolve()));
  const first = Number(await readFile(`/proc/${program.pid}/task/${program.pid}/children`, 'utf8'));
  process.kill(first, 'SIGTERM');
  const killing = setTimeout(() => process.kill(first, 'SIGKILL'), KILL_AFTER_MS);
  await ended;
  clearTimeout(killing);
}

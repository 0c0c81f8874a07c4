/**
 * The escape drill: the appliance, and a screen of another user in front of it as the units of `main/deploy` run it (cage
 * and Chromium, its policy, its keyboard), on a real X server. Nothing of the machine is changed: the policy is bound
 * over Chromium's folder inside a mount namespace that only the drill's processes see, and goes with them.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { chmod, chown, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { fileKekProvider, openStore } from '#core/store';
import { readLockdown } from '../../main/lockdown/index.ts';
import { kioskPolicy } from '../../main/deploy/index.ts';
import { createLog } from '../../main/process/index.ts';
import { startBrowserShell, type BrowserShell } from '../../main/shell/browser-shell.ts';
import { layoutOf } from '../../main/shell/options.ts';
import { build } from '../../scripts/build/build.ts';
import { CHROMIUM, COMPOSITOR, find, X_KEYS, X_SERVER } from '../../scripts/setup/debian.ts';
import { difference, openDisplay, type Display } from '../support/display.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const XKB = join(ROOT, 'main/deploy/xkb');
const NOBODY = 65_534;
const SHOTS = process.env['LINTEL_DRILL_SHOTS'];

/** X keycodes: those of Linux plus 8. */
const CTRL = 37;
const SHIFT = 50;
const ALT = 64;
const SUPER = 133;
/** Each character of a text, and further names. */
const letters = (text: string, ...more: readonly string[]): string[] => [...text.split(''), ...more];

const KEY = Object.fromEntries(
  (
    [
      ['1234567890-=', 10],
      ['qwertyuiop', 24],
      ['asdfghjkl', 38],
      ['zxcvbnm', 52],
    ] as const
  ).flatMap(([row, first]) => letters(row).map((name, i) => [name, first + i])),
) as Readonly<Record<string, number>>;
const NAMED = {
  Escape: 9, Tab: 23, Enter: 36, Space: 65, Delete: 119, Insert: 118, Home: 110, Left: 113, Right: 114, Up: 111,
  PageDown: 117, Menu: 135, Print: 107, Plus: 21, Minus: 20,
  F1: 67, F3: 69, F4: 70, F5: 71, F6: 72, F7: 73, F9: 75, F10: 76, F11: 95, F12: 96,
  Explorer: 152, Mail: 163, Favorites: 164, Back: 166, Forward: 167, Calculator: 148, HomePage: 180, Reload: 181, Search: 225,
} as const; // prettier-ignore
const codeOf = (name: string): number => KEY[name] ?? NAMED[name as keyof typeof NAMED];

const withKeys = (label: string, held: readonly number[], names: readonly string[]): [string, number[]][] =>
  names.map((name) => [label + name, [...held, codeOf(name)]]);

/**
 * Whatever is known to open something of a browser, of a compositor or of a system. Tab, Enter and Space belong to the
 * kiosk, with any other key: they lead to its own buttons.
 */
const COMBINATIONS: readonly [string, number[]][] = [
  ...withKeys('Ctrl+', [CTRL], letters('tnosuplkjhdefgwqrcvxa1290-=', 'Plus', 'Minus', 'F4', 'Escape')),
  ...withKeys('Ctrl+Shift+', [CTRL, SHIFT], letters('nijcobdmatgpqrvw', 'Delete', 'Escape')),
  ...withKeys('', [], ['F1', 'F3', 'F5', 'F6', 'F7', 'F9', 'F10', 'F11', 'F12', 'Escape', 'Menu', 'Print', 'Insert']),
  ...withKeys('', [], ['Explorer', 'Mail', 'Favorites', 'Back', 'Forward', 'Calculator', 'HomePage', 'Reload', 'Search']),
  ...withKeys('Shift+', [SHIFT], ['Escape', 'F6', 'F9', 'F10', 'F12', 'Insert', 'Delete']),
  ...withKeys('Alt+', [ALT], letters('fedt', 'F4', 'Home', 'Left', 'Right', 'Escape')),
  ...withKeys('Alt+Shift+', [ALT, SHIFT], letters('aibt')),
  ...withKeys('Ctrl+Alt+', [CTRL, ALT], ['t', 'F1', 'Delete', 'Escape']),
  ...withKeys('Super+', [SUPER], letters('ldr')),
  ['Super', [SUPER]],
  ['Alt', [ALT]],
  ['Ctrl', [CTRL]],
]; // prettier-ignore

/** What the mouse can do, in words of `xdotool`; touch comes to Chromium as these and as gestures that its flags refuse. */
const POINTER: readonly [string, string[]][] = [
  ['right click', ['mousemove', '300', '300', 'click', '3']],
  ['middle click', ['mousemove', '300', '300', 'click', '2']],
  ['back button', ['click', '8']],
  ['forward button', ['click', '9']],
  ['wheel with Ctrl', ['keydown', String(CTRL), 'click', '4', 'keyup', String(CTRL)]],
  ['long press', ['mousemove', '500', '200', 'mousedown', '1', 'sleep', '1', 'mouseup', '1']],
  ['drag from the left edge', ['mousemove', '0', '300', 'mousedown', '1', 'mousemove', '600', '300', 'mouseup', '1']],
  ['drag from the top edge', ['mousemove', '500', '0', 'mousedown', '1', 'mousemove', '500', '500', 'mouseup', '1']],
  ['drag of a text', ['mousemove', '400', '400', 'click', '--repeat', '2', '1', 'mousedown', '1', 'mousemove', '700', '600', 'mouseup', '1']],
  ['pointer at the top edge', ['mousemove', '500', '0']],
]; // prettier-ignore

/** Why the drill cannot be held here, or null. */
function whyNotHeld(): string | null {
  if (process.getuid?.() !== 0) return 'it needs root for its namespace and its second user';
  const missing = [CHROMIUM, COMPOSITOR, X_SERVER, X_KEYS].filter((program) => find(program) === null);
  return missing.length > 0 ? `missing: ${missing.map(({ names }) => names[0]).join(', ')}` : null;
}
const reason = whyNotHeld();
if (reason !== null) console.log(`The escape drill was not held: ${reason}.`);

interface Guards {
  readonly policy: boolean;
  readonly keyboard: boolean;
}

interface Drill {
  readonly shell: BrowserShell;
  readonly display: Display;
  /** Looks at what is shown, first bringing back what was there before. @returns the part that changed */
  change(): Promise<number>;
  restart(): Promise<void>;
  end(): Promise<void>;
}

/** Without the lines in which the kiosk says, in turns, that it has no camera and that it looks for one again. */
const withoutWords = (picture: Buffer): Buffer =>
  picture.fill(255, WORDS.from * 1024 * 3, WORDS.to * 1024 * 3);
const WORDS = { from: 410, to: 570 };

async function begin(dir: string, { policy, keyboard }: Guards): Promise<Drill> {
  const display = await openDisplay(keyboard ? join(XKB, 'symbols/lintel') : null);
  const run = await mkdtemp(join(dir, 'run-'));
  await chmod(run, 0o755);
  const meeting = join(run, 'lintel-screen');
  await mkdir(meeting);
  await chown(meeting, 0, NOBODY);
  // As lintel.tmpfiles has it: what is made in it is the screen's group's.
  await chmod(meeting, 0o2750);
  const policies = join(run, 'policies');
  await mkdir(policies, { mode: 0o755 });
  await chmod(policies, 0o755);
  const shell = await startBrowserShell({
    dataDir: join(dir, `data-${policy}-${keyboard}`),
    layout: layoutOf(ROOT),
    kekProvider: fileKekProvider(join(dir, 'key')),
    version: '1.2.3',
    log: createLog('silent'),
    screenSocket: join(meeting, 'address.sock'),
    policyDir: policies,
    workers: 1,
  });
  if (policy)
    await writeFile(join(policies, 'lintel.json'), JSON.stringify(kioskPolicy(shell.origin)), {
      mode: 0o644,
    });
  let screen: ChildProcess | null = null;
  let before: Buffer = Buffer.alloc(0);
  const stop = async (): Promise<void> => {
    if (screen?.pid !== undefined && screen.exitCode === null) {
      const ended = new Promise<void>((resolve) => screen?.once('exit', () => resolve()));
      process.kill(-screen.pid, 'SIGKILL');
      await ended;
    }
  };
  const look = async (): Promise<Buffer> => withoutWords(await display.picture());
  const restart = async (): Promise<void> => {
    await stop();
    const runtime = await mkdtemp(join(run, 'user-'));
    await chown(runtime, NOBODY, NOBODY);
    const xkb = keyboard ? ['XKB_DEFAULT_RULES=lintel', `XKB_CONFIG_EXTRA_PATH=${XKB}`] : [];
    const environment = [
      'PATH=/usr/bin:/bin', `HOME=${runtime}`, `XDG_RUNTIME_DIR=${runtime}`, `DISPLAY=${display.name}`,
      'WLR_BACKENDS=x11', 'WLR_RENDERER=pixman', 'XKB_DEFAULT_LAYOUT=us', ...xkb,
    ]; // prettier-ignore
    const program = [
      'cage',
      '--',
      process.execPath,
      join(ROOT, 'main/screen.ts'),
      '--socket',
      join(meeting, 'address.sock'),
    ];
    const asNobody = [
      'setpriv',
      `--reuid=${NOBODY}`,
      `--regid=${NOBODY}`,
      '--clear-groups',
      'env',
      '-i',
      ...environment,
    ];
    const script =
      'mkdir -p /etc/chromium/policies/managed; mount --bind "$0" /etc/chromium/policies/managed; exec "$@"';
    screen = spawn('unshare', ['--mount', '--pid', '--fork', '--kill-child', '--mount-proc', 'sh', '-c', script, policies, ...asNobody, ...program], {
      stdio: 'ignore',
      detached: true,
    }); // prettier-ignore
    // Somebody is at the screen once it is drawn and still.
    await vi.waitFor(
      async () => {
        const now = await look();
        const isStill = difference(now, before) === 0 && difference(now, Buffer.alloc(now.length)) > 0.5;
        before = now;
        if (!isStill) throw new Error('Nothing is shown yet.');
      },
      { timeout: 90_000, interval: 1_000 },
    );
  };
  return {
    shell,
    display,
    restart,
    change: async () => difference(before, await look()),
    end: async () => {
      await stop();
      await shell.close();
      await display.close();
    },
  };
}

/** So long a browser has to show what it was told to. */
const SETTLE_MS = 700;
const BETWEEN_MS = 100;
/** A letter in a field or a moved pointer is less; a menu, a dialog, a tab or a window is more. */
const CHANGED = 0.004;

/** What left the kiosk, of what was tried: several after each other, and one by one where something did. */
async function escapes(drill: Drill, tries: readonly Try[], together = 8): Promise<string[]> {
  const found: string[] = [];
  for (let i = 0; i < tries.length; i += together) {
    const some = tries.slice(i, i + together);
    for (const [, attempt] of some) {
      await attempt();
      await pause(BETWEEN_MS);
    }
    await pause(SETTLE_MS);
    if ((await drill.change()) <= CHANGED) continue;
    const name = some.map(([each]) => each).join(' ');
    if (SHOTS !== undefined) await drill.display.save(join(SHOTS, `${name.replace(/[^\w+]+/g, '-')}.png`));
    await drill.restart();
    found.push(...(together === 1 ? [name] : await escapes(drill, some, 1)));
  }
  return found;
}

type Try = readonly [name: string, attempt: () => Promise<void>];

const keysOf = ({ display }: Drill, names?: readonly string[]): Try[] =>
  COMBINATIONS.filter(([name]) => names?.includes(name) ?? true).map(([name, codes]) => [
    name,
    () => display.press(...codes),
  ]);

describe.skipIf(reason !== null)(`the escape drill${reason === null ? '' : ` (not held: ${reason})`}`, () => {
  let dir: string;

  beforeAll(async () => {
    await build(['renderer']);
    dir = await mkdtemp(join(tmpdir(), 'lintel-drill-'));
    await chmod(dir, 0o755);
  });
  afterAll(async () => await rm(dir, { recursive: true, force: true }));

  it(
    'lets nobody out by keyboard or pointer, and the screen counts as locked down',
    { timeout: 400_000 },
    async () => {
      const drill = await begin(dir, { policy: true, keyboard: true });
      try {
        await drill.restart();
        if (SHOTS !== undefined) await drill.display.save(join(SHOTS, 'before.png'));
        const pointer = POINTER.map(([name, words]): Try => [name, () => drill.display.pointer(...words)]);
        expect(COMBINATIONS.length + POINTER.length).toBeGreaterThan(100);
        expect(await escapes(drill, [...keysOf(drill), ...pointer])).toEqual([]);
        if (SHOTS !== undefined) await drill.display.save(join(SHOTS, 'after.png'));
        // The operator's key still works, so the keyboard is not simply dead.
        await drill.display.press(68);
        await pause(1_500);
        expect(await drill.change()).toBeGreaterThan(0.01);
        if (SHOTS !== undefined) await drill.display.save(join(SHOTS, 'operator.png'));
      } finally {
        await drill.end();
      }
      const kekProvider = fileKekProvider(join(dir, 'key'));
      const store = await openStore({ dir: join(dir, 'data-true-true'), kekProvider });
      expect(await readLockdown(store)).toMatchObject({ gaps: [] });
      await store.close();
    },
  );

  it('finds the ways out where the guards are missing', { timeout: 200_000 }, async () => {
    const drill = await begin(dir, { policy: false, keyboard: false });
    try {
      await drill.restart();
      const known = ['Ctrl+n', 'Ctrl+t', 'F1'];
      expect((await escapes(drill, keysOf(drill, known), 1)).toSorted()).toEqual(known);
    } finally {
      await drill.end();
    }
    const store = await openStore({
      dir: join(dir, 'data-false-false'),
      kekProvider: fileKekProvider(join(dir, 'key')),
    });
    expect((await readLockdown(store))?.gaps).toContain('policy-ignored');
    await store.close();
  });
});

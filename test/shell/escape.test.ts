/** The escape drill: whether a visitor gets out of a locked-down screen by what a hand can do to it. */
import { existsSync } from 'node:fs';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { build } from '../../scripts/build/build.ts';
import { CHROMIUM, COMPOSITOR, find, X_KEYS, X_PICTURES, X_SERVER } from '../../scripts/setup/debian.ts';
import { NEVER_COMES_MS, NEVER_ENDS_MS } from '../../scripts/test/limits.ts';
import { DRAGGED, DRAG_SOURCE, LOCK, OPERATOR_KEY, TOUCHED, TYPED, type Attempt } from './escape/attempts.ts';
import { begin, type Drill, type Guards } from './escape/drill.ts';

/** The driver of a display without a monitor. */
const DUMMY = '/usr/lib/xorg/modules/drivers/dummy_drv.so';

/** Why the drill cannot be held here, or null. */
function whyNotHeld(): string | null {
  if (process.getuid?.() !== 0) return 'it needs root for its namespace and its second user';
  const programs = [CHROMIUM, COMPOSITOR, X_SERVER, X_KEYS, X_PICTURES];
  const missing = programs.filter((program) => find(program) === null);
  if (missing.length > 0) return `missing: ${missing.map(({ names }) => names[0]).join(', ')}`;
  return existsSync(DUMMY) ? null : 'missing: xserver-xorg-video-dummy';
}
const reason = whyNotHeld();
if (reason !== null) console.log(`The escape drill was not held: ${reason}.`);

const named = (name: string): Attempt => [...TYPED, ...TOUCHED].find((each) => each.name === name)!;

/** Starting a screen takes most of it. */
const LONG = { timeout: 2 * NEVER_ENDS_MS, concurrent: true };

describe.skipIf(reason !== null)(`the escape drill${reason === null ? '' : ` (not held: ${reason})`}`, () => {
  let dir: string;

  beforeAll(async () => {
    await build(['renderer']);
    dir = await mkdtemp(join(tmpdir(), 'lintel-drill-'));
    await chmod(dir, 0o755);
  });
  afterAll(async () => await rm(dir, { recursive: true, force: true }));

  const during = async (guards: Guards, work: (drill: Drill) => Promise<void>): Promise<void> => {
    const drill = await begin(dir, guards);
    try {
      await drill.save('before');
      await work(drill);
      await drill.save('after');
    } finally {
      await drill.end();
    }
  };

  it('lets no visitor out by keys and pointer, and the screen counts as locked down', LONG, async () => {
    await during({ isGuarded: true, isInCage: true }, async (drill) => {
      expect(await drill.lockdown()).toMatchObject({ gaps: [] });
      expect(await drill.escapes(TYPED)).toEqual([]);
      // The operator's key still works, so the keyboard is not simply dead.
      expect(await drill.changes([{ name: 'F2', words: OPERATOR_KEY }], NEVER_COMES_MS)).toBe(true);
    });
  });

  // On an X server, Debian's cage leaves out the end of each frame of touches; Chromium waits for it. So without cage.
  it('lets no visitor out by touch and by what is dragged onto it', LONG, async () => {
    await during({ isGuarded: true, isInCage: false }, async (drill) => {
      expect(await drill.escapes(TOUCHED)).toEqual([]);
      await drill.openBeside(DRAG_SOURCE);
      await drill.save('beside');
      expect(await drill.changes(DRAGGED)).toBe(false);
      // Fingers arrive: a touch of the lock opens a screen.
      expect(await drill.changes([{ name: 'lock', fingers: LOCK, holdMs: 100 }], NEVER_COMES_MS)).toBe(true);
    });
  });

  it('finds the ways out where the guards are missing', LONG, async () => {
    await during({ isGuarded: false, isInCage: false }, async (drill) => {
      for (const attempt of ['pinch apart', 'Ctrl+n', 'Ctrl+t', 'F1'].map(named)) {
        expect([attempt.name, await drill.changes([attempt], NEVER_COMES_MS)]).toEqual([attempt.name, true]);
        await drill.save(attempt.name);
      }
      expect((await drill.lockdown())?.gaps).toContain('policy-ignored');
    });
  });
});

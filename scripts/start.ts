import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { Command } from 'commander';
import { ownNameOf, type ModelChoice, type ModelSetName } from '#contract';
import { modelChoiceOption } from '../main/process/models-option.ts';
import { build } from './build/build.ts';
import { buildKernels } from './setup/kernel.ts';
import { CACHE, ROOT, say } from './setup/paths.ts';
import { setUpWeights } from './setup/weights.ts';

/** `npm start`: brings what is missing, then runs the appliance in Electron, or without it in the browser shell. */

const FETCH_BOUND_MS = 30_000;
/** A failed attempt to fetch Electron is not repeated for this long. */
const RETRY_AFTER_MS = 24 * 60 * 60 * 1000;

/** Electron's binary where a window can be opened with it, fetched now if that works within the bound, or null. */
async function electronBinary(): Promise<string | null> {
  const { DISPLAY, WAYLAND_DISPLAY, ELECTRON_OVERRIDE_DIST_PATH } = process.env;
  const hasDisplay = process.platform !== 'linux' || Boolean(DISPLAY ?? WAYLAND_DISPLAY);
  // Electron, too, refuses to run as root with its sandbox on.
  if (!hasDisplay || process.getuid?.() === 0) return null;
  if (ELECTRON_OVERRIDE_DIST_PATH) return join(ELECTRON_OVERRIDE_DIST_PATH, 'electron');

  const folder = dirname(createRequire(import.meta.url).resolve('electron/package.json'));
  const attempt = join(CACHE, 'electron-attempt');
  if (!existsSync(join(folder, 'path.txt'))) {
    if (existsSync(attempt) && Date.now() - statSync(attempt).mtimeMs < RETRY_AFTER_MS) return null;
    say('Fetching Electron …');
    const options = { timeout: FETCH_BOUND_MS, stdio: 'ignore' } as const;
    if (spawnSync(process.execPath, [join(folder, 'install.js')], options).status !== 0) {
      say('Electron could not be fetched; the browser shell takes its place.');
      await mkdir(CACHE, { recursive: true });
      await writeFile(attempt, '');
      return null;
    }
  }
  return join(folder, 'dist', readFileSync(join(folder, 'path.txt'), 'utf8'));
}

try {
  // The other options are the shell's to judge.
  const { models } = new Command()
    .helpOption(false)
    .addOption(modelChoiceOption())
    .allowUnknownOption()
    .allowExcessArguments()
    .parse()
    .opts<{ models: ModelChoice }>();
  await buildKernels();
  // An own network stands on the networks of a set. That of another set than the default one is brought by `npm run setup`.
  await setUpWeights([ownNameOf(models) === null ? (models as ModelSetName) : 'default']);
  const electron = await electronBinary();
  await build(electron === null ? ['renderer'] : ['renderer', 'main', 'preload']);
  const args = process.argv.slice(2);
  const child =
    electron === null
      ? spawn(process.execPath, [join(ROOT, 'main/browser.ts'), ...args], { stdio: 'inherit' })
      : spawn(electron, [ROOT, ...args], { stdio: 'inherit' });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => child.kill(signal));
  child.on('exit', (code) => process.exit(code ?? 1));
} catch (error) {
  say(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}

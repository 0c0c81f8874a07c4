import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import { NEVER_COMES_MS, NEVER_ENDS_MS } from './scripts/test/limits.ts';
import { LongestFirst } from './scripts/test/longest-first.ts';

/** Those with a screen, and a camera and its time limits or one display, run one after the other. */
const SCREENS = [
  'test/e2e/{kiosk,server,widget}.test.ts',
  'test/electron/**/*.test.ts',
  'test/shell/{escape,screen}.test.ts',
];

/** Those with a screen alone: what they wait for comes whenever it comes. */
const PAGES = 'test/e2e/**/*.test.ts';

const SET_UP = './scripts/setup/test-setup.ts';

/**
 * Two more than processors: a test waits for a process, a disk or a network a quarter of its time, and with one more the
 * processors had nothing to do for a seventh of the time.
 */
const WORKERS = availableParallelism() + 2;

/**
 * To load the modules again for each file is a fifth of the time, and each would open networks of its own. What a file changes
 * for its process goes back.
 */
const ONE_AFTER_THE_OTHER = { isolate: false, restoreMocks: true } as const;

export default defineConfig({
  test: {
    testTimeout: NEVER_ENDS_MS,
    hookTimeout: NEVER_ENDS_MS,
    expect: { poll: { timeout: NEVER_COMES_MS } },
    reporters: ['default', './scripts/test/summary-reporter.ts'],
    sequence: { sequencer: LongestFirst },
    // What main/sync/fetch.ts does for the product: tests have clients of their own.
    execArgv: ['--wasm-wrapper-tiering-budget=2000000000'],
    // Tests start hundreds of processes of the product, most of whose time is compiling the same files.
    env: { NODE_COMPILE_CACHE: fileURLToPath(new URL('.cache/compiled', import.meta.url)) },
    // Node loads the sources as it does for the product. Vite's own loader takes a fifth of what the tests compute: it looks up
    // each imported name at each use.
    experimental: { viteModuleRunner: false, nodeLoader: false },
    projects: [
      {
        extends: true,
        test: {
          ...ONE_AFTER_THE_OTHER,
          name: 'unit',
          include: ['{contract,core,main,preload,renderer,server,scripts,models}/**/*.test.ts'],
          maxWorkers: WORKERS,
          globalSetup: SET_UP,
          unstubEnvs: true,
        },
      },
      {
        extends: true,
        test: {
          ...ONE_AFTER_THE_OTHER,
          name: 'system',
          include: ['test/**/*.test.ts'],
          exclude: [...SCREENS, PAGES],
          maxWorkers: WORKERS,
          globalSetup: SET_UP,
        },
      },
      {
        extends: true,
        test: {
          ...ONE_AFTER_THE_OTHER,
          name: 'pages',
          include: [PAGES],
          exclude: SCREENS,
          maxWorkers: WORKERS,
          globalSetup: SET_UP,
        },
      },
      {
        extends: true,
        test: {
          name: 'screens',
          include: SCREENS,
          fileParallelism: false,
          globalSetup: SET_UP,
        },
      },
    ],
  },
});

import { defineConfig } from 'vitest/config';

/** Those with a screen, a camera and its time limits need the machine to themselves. */
const SCREENS = ['test/{e2e,electron}/**/*.test.ts', 'test/shell/{escape,screen}.test.ts'];

const SET_UP = './scripts/setup/test-setup.ts';

export default defineConfig({
  test: {
    reporters: ['default', './scripts/summary-reporter.ts'],
    // What main/sync/fetch.ts does for the product: tests have clients of their own.
    execArgv: ['--wasm-wrapper-tiering-budget=2000000000'],
    projects: [
      {
        test: {
          name: 'unit',
          include: ['{contract,core,main,preload,renderer,server,scripts,models}/**/*.test.ts'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
          maxWorkers: '100%',
          globalSetup: SET_UP,
        },
      },
      {
        test: {
          name: 'system',
          include: ['test/**/*.test.ts'],
          exclude: SCREENS,
          testTimeout: 120_000,
          hookTimeout: 120_000,
          maxWorkers: '100%',
          globalSetup: SET_UP,
        },
      },
      {
        test: {
          name: 'screens',
          include: SCREENS,
          testTimeout: 120_000,
          hookTimeout: 120_000,
          fileParallelism: false,
          globalSetup: SET_UP,
        },
      },
    ],
  },
});

import { defineConfig } from 'vitest/config';

/** Those with a screen, a camera and its time limits need the machine to themselves. */
const SCREENS = 'test/{e2e,electron,session,shell}/**/*.test.ts';

export default defineConfig({
  test: {
    reporters: ['default', './scripts/summary-reporter.ts'],
    projects: [
      {
        test: {
          name: 'unit',
          include: ['{contract,core,main,preload,renderer,server,scripts,models}/**/*.test.ts'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
          maxWorkers: '100%',
        },
      },
      {
        test: {
          name: 'system',
          include: ['test/**/*.test.ts'],
          exclude: [SCREENS],
          testTimeout: 120_000,
          hookTimeout: 120_000,
          maxWorkers: '100%',
        },
      },
      {
        test: {
          name: 'screens',
          include: [SCREENS],
          testTimeout: 120_000,
          hookTimeout: 120_000,
          fileParallelism: false,
        },
      },
    ],
  },
});

import type { Reporter, TestModule } from 'vitest/node';

export interface Summary {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

/**
 * Closes a run with one plain line, `N passed, N failed, N skipped`, that any CI can read. A run that is a part of
 * `npm test` tells its figures to the process that started it instead.
 */
export default class SummaryReporter implements Reporter {
  onInit(): void {
    if (!process.send) return;
    process.once('disconnect', () => process.exit(1));
    // Listening alone would keep this process.
    process.channel?.unref();
  }

  onTestRunEnd(modules: readonly TestModule[]): void {
    const count = { passed: 0, failed: 0, skipped: 0, pending: 0 };
    for (const module of modules) {
      // A module that fails to load has no tests; it still is a failure.
      count.failed += module.errors().length;
      for (const test of module.children.allTests()) count[test.result().state] += 1;
    }
    if (process.send) process.send(count satisfies Summary);
    else process.stdout.write(lineOf(count));
  }
}

export const lineOf = ({ passed, failed, skipped }: Summary): string =>
  `\n${passed} passed, ${failed} failed, ${skipped} skipped\n`;

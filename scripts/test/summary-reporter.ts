import { stripVTControlCharacters } from 'node:util';
import type { Reporter, SerializedError, TestModule } from 'vitest/node';
import { z } from 'zod';

/** What came of a run, or of a part of it. */
export const Summary = z.object({
  passed: z.number(),
  failed: z.number(),
  skipped: z.number(),
  /** A text for each failure: its file, its test, and what it says. */
  failures: z.array(z.string()),
});
export type Summary = z.infer<typeof Summary>;

/** Of a failure's message and stack, what tells it from others. The run prints the whole where it happens. */
const MOST_LINES = 12;

/** A line of a stack that is not the project's own code. */
const THEIRS = /^ +at .*(?:node_modules|node:internal|new Promise)/;

/**
 * Closes a run with each failure once more, which may stand thousands of lines above, and one plain line, `N passed, N failed, N
 * skipped`, that any CI can read. A run that is a part of `npm test` tells both to the process that started it instead.
 */
export default class SummaryReporter implements Reporter {
  onInit(): void {
    if (!process.send) return;
    process.once('disconnect', () => process.exit(1));
    // Listening alone would keep this process.
    process.channel?.unref();
  }

  onTestRunEnd(modules: readonly TestModule[], unhandled: readonly SerializedError[]): void {
    const count = { passed: 0, failed: 0, skipped: 0, pending: 0 };
    const failures = unhandled.map((error) => failureOf('outside of a test', [error]));
    for (const module of modules) {
      const where = module.relativeModuleId;
      // A module that fails to load has no tests, and where a hook fails its tests are not run.
      for (const part of [module, ...module.children.allSuites()])
        failures.push(...part.errors().map((error) => failureOf(where, [error])));
      for (const test of module.children.allTests()) {
        const result = test.result();
        count[result.state] += 1;
        if (result.state === 'failed') failures.push(failureOf(`${where} > ${test.fullName}`, result.errors));
      }
    }
    count.failed = failures.length;
    const summary: Summary = { ...count, failures };
    if (process.send) process.send(summary);
    else process.stdout.write(endOf(summary));
  }
}

/** @returns what a run says last */
export const endOf = ({ passed, failed, skipped, failures }: Summary): string =>
  [...failures, `${passed} passed, ${failed} failed, ${skipped} skipped`]
    .map((each) => `\n${each}\n`)
    .join('');

function failureOf(what: string, errors: readonly SerializedError[]): string {
  const lines = errors.flatMap(({ message, stack }) => {
    const said = stripVTControlCharacters(stack?.includes(message) ? stack : `${message}\n${stack ?? ''}`);
    const lines = said.trimEnd().split('\n');
    return lines.filter((line) => !THEIRS.test(line)).slice(0, MOST_LINES);
  });
  return [`FAILED ${what}`, ...lines.map((line) => `  ${line}`)].join('\n');
}

import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { history, play } from './history.ts';

/** `npm run test:sync -- --histories N --seed S` sets these; each takes more than a second, and its default is a thousand. */
const HISTORIES = Number(process.env['LINTEL_HISTORIES'] ?? 20);
const SEED = Number(process.env['LINTEL_SEED'] ?? 1);

it(
  `all machines agree after any of ${HISTORIES} histories, with nothing lost and no face resurrected`,
  { timeout: 24 * 3600_000 },
  async () => {
    let done = 0;
    const verdict = await fc.check(
      fc.asyncProperty(history, async (each) => {
        await play(each);
        done++;
        if (done % 100 === 0) process.stderr.write(`${done} histories\n`);
      }),
      { numRuns: HISTORIES, seed: SEED, endOnFailure: false },
    );
    expect(verdict.failed && fc.defaultReportMessage(verdict)).toBe(false);
  },
);

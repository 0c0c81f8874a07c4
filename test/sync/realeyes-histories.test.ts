import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { realeyesHistory, playRealeyes, type Coverage } from './realeyes-history.ts';

/** As for the other histories. */
const HISTORIES = Number(process.env['LINTEL_HISTORIES'] ?? 30);
const SEED = Number(process.env['LINTEL_SEED'] ?? 1);

it(
  `a server that only speaks the page has everybody once after any of ${HISTORIES} histories over a bad line`,
  { timeout: 24 * 3600_000 },
  async () => {
    const coverage: Coverage = { faults: 0, kills: 0, searches: 0, unconfirmed: 0 };
    await fc.assert(
      fc.asyncProperty(realeyesHistory, (history) => playRealeyes(history, coverage)),
      { numRuns: HISTORIES, seed: SEED },
    );
    process.stderr.write(`${JSON.stringify(coverage)}\n`);
    expect(coverage.faults).toBeGreaterThan(0);
    expect(coverage.kills).toBeGreaterThan(0);
  },
);

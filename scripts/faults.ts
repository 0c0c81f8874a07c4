import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { z } from 'zod';
import { table } from './bench/table.ts';
import { FAULTS } from './faults/faults.ts';
import { ROOT } from './setup/paths.ts';

/**
 * `npm run test:faults`: breaks what an appliance stands on, one thing after the other, and says what it did then. These
 * are tests of the suite; run by themselves, the time of one is that of the fault and of the recovery.
 */

const Results = z.object({
  testResults: z.array(
    z.object({
      assertionResults: z.array(
        z.object({ fullName: z.string(), status: z.string(), duration: z.number().nullish() }),
      ),
    }),
  ),
});

interface Outcome {
  readonly status: string;
  readonly seconds: number;
}

/** For a regular expression. */
const escaped = (text: string): string => text.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);

const folder = await mkdtemp(join(tmpdir(), 'lintel-faults-'));
const outputFile = join(folder, 'results.json');
const rows: (string | number)[][] = [];
for (const { fault, holds, file, test } of FAULTS) {
  process.stderr.write(`${fault}\n`);
  const { status, seconds } = await outcomeOf(file, test);
  rows.push([fault, holds, status, seconds, file]);
  if (status !== 'passed') process.exitCode = 1;
}
await rm(folder, { recursive: true });
console.log(table(['fault', 'what holds', 'outcome', 'seconds', 'test'], rows));

/** Runs one test by itself. @param name its title */
async function outcomeOf(file: string, name: string): Promise<Outcome> {
  const vitest = join(ROOT, 'node_modules/vitest/vitest.mjs');
  const args = [vitest, 'run', file, '-t', escaped(name), '--reporter=json', `--outputFile=${outputFile}`];
  // Those of the test before say nothing of this one.
  await rm(outputFile, { force: true });
  // A test that fails ends it with another status; its results say so.
  await promisify(execFile)(process.execPath, args, { cwd: ROOT }).catch(() => undefined);
  const results = await readFile(outputFile, 'utf8').catch(() => null);
  if (results === null) return { status: 'not run', seconds: NaN };
  const { testResults } = Results.parse(JSON.parse(results));
  const [found, ...others] = testResults
    .flatMap(({ assertionResults }) => assertionResults)
    .filter(({ fullName }) => fullName.includes(name));
  if (found === undefined || others.length > 0) return { status: 'no such test', seconds: NaN };
  return { status: found.status, seconds: (found.duration ?? NaN) / 1000 };
}

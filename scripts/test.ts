import { fork, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { constants, setPriority } from 'node:os';
import { join } from 'node:path';
import { ROOT, say } from './setup/paths.ts';
import { endOf, Summary } from './test/summary-reporter.ts';

/**
 * The last step of `npm test`. Screens wait most of the time, for a camera that plays no faster than life, so all else
 * runs beside them, and gives way to them.
 */
const LANES = [
  { projects: ['screens'], priority: constants.priority.PRIORITY_NORMAL },
  { projects: ['pages', 'system', 'unit'], priority: constants.priority.PRIORITY_BELOW_NORMAL },
] as const;

/** `npm test -- core/store`: what is named, of both. */
const named = process.argv.slice(2);

const running = new Set<ChildProcess>();
const stop = (): void => running.forEach((each) => void each.kill());
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, stop);
const [checked, ...lanes] = await Promise.all([check(), ...LANES.map(test)]);
const summaries = lanes.map(({ summary }) => summary);
const sum = (key: 'passed' | 'failed' | 'skipped'): number =>
  summaries.reduce((total, each) => total + each[key], 0);
const failures = summaries.flatMap((each) => each.failures);
process.stdout.write(
  endOf({ passed: sum('passed'), failed: sum('failed'), skipped: sum('skipped'), failures }),
);
process.exitCode = checked && lanes.every(({ isOk }) => isOk) ? 0 : 1;

/** Lint, types and format; what they find ends the tests. */
async function check(): Promise<boolean> {
  const child = spawn('npm', ['run', '--silent', 'check'], { cwd: ROOT, stdio: 'inherit' });
  const [status] = (await once(child, 'exit')) as [number | null];
  if (status === 0) return true;
  say('npm run check has failed.');
  stop();
  return false;
}

async function test({
  projects,
  priority,
}: (typeof LANES)[number]): Promise<{ isOk: boolean; summary: Summary }> {
  const args = ['run', ...projects.flatMap((name) => ['--project', name]), ...named];
  if (named.length > 0) args.push('--passWithNoTests');
  const child = fork(join(ROOT, 'node_modules/vitest/vitest.mjs'), args, { cwd: ROOT, detached: true });
  running.add(child);
  setPriority(child.pid!, priority);
  // Where Linux shares the processors out by sessions first (sched(7), autogroup), a browser is another session, and only
  // the niceness of the sessions counts.
  await writeFile(`/proc/${child.pid}/autogroup`, String(priority)).catch(() => undefined);
  // Without an answer it has not come to its end.
  const failures = [`FAILED ${projects.join(', ')}: its process ended before its tests did`];
  let summary: Summary = { passed: 0, failed: 1, skipped: 0, failures };
  child.on('message', (message) => {
    const { success, data } = Summary.safeParse(message);
    if (success) summary = data;
  });
  const [status] = (await once(child, 'exit')) as [number | null];
  running.delete(child);
  return { isOk: status === 0, summary };
}

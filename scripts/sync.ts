import { spawnSync } from 'node:child_process';
import { Command, InvalidArgumentError } from 'commander';

/** `npm run test:sync`: random histories of a server and its appliances; a seed that fails is shrunk and printed. */
const { histories, seed } = new Command('test:sync')
  .option('--histories <count>', 'how many', toCount, 1000)
  .option('--seed <number>', 'of the histories', toCount, 1)
  .parse()
  .opts<{ histories: number; seed: number }>();

const { status } = spawnSync('vitest', ['run', '--project', 'system', 'test/sync/histories.test.ts'], {
  stdio: 'inherit',
  env: { ...process.env, LINTEL_HISTORIES: String(histories), LINTEL_SEED: String(seed) },
});
process.exitCode = status ?? 1;

function toCount(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new InvalidArgumentError('It is not a count.');
  return value;
}

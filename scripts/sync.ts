import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { Command } from 'commander';
import { Cluster } from '../core/store/postgres/testing/cluster.ts';
import { toCount } from './counts.ts';

/** `npm run test:sync`: random histories of a server and its appliances; a seed that fails is shrunk and printed. */
const { histories, seed, postgres, jobs } = new Command('test:sync')
  .option('--histories <count>', 'how many', toCount, 1000)
  .option('--seed <number>', 'of the histories; the second job has the next one', toCount, 1)
  .option('--postgres', 'the server keeps its store in a PostgreSQL that is started for it')
  .option(
    '--jobs <count>',
    'processes at once, which share the histories: they wait for the database mostly',
    toCount,
    1,
  )
  .parse()
  .opts<{ histories: number; seed: number; postgres?: true; jobs: number }>();

const cluster = postgres ? await Cluster.start() : null;
const run = async (job: number): Promise<number> => {
  const count = Math.floor(histories / jobs) + (job < histories % jobs ? 1 : 0);
  if (count === 0) return 0;
  const child = spawn('vitest', ['run', '--project', 'system', 'test/sync/histories.test.ts'], {
    stdio: 'inherit',
    env: {
      ...process.env,
      LINTEL_HISTORIES: String(count),
      LINTEL_SEED: String(seed + job),
      ...(cluster !== null && { LINTEL_DATABASE: cluster.url }),
    },
  });
  const [status] = (await once(child, 'exit')) as [number | null];
  return status ?? 1;
};
const statuses = await Promise.all(Array.from({ length: jobs }, (_, job) => run(job)));
await cluster?.stop();
process.exitCode = Math.max(...statuses);

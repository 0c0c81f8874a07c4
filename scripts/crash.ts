import { Command } from 'commander';
import { Cluster } from '../core/store/postgres/testing/cluster.ts';
import { crashTest } from '../test/crash/store-crash.ts';
import { toCount } from './counts.ts';

/** `npm run test:crash`: kill a process that changes a store, again and again, and look for losses. */
const { runs, seed, postgres } = new Command('test:crash')
  .option('--runs <count>', 'how many kills', toCount, 1000)
  .option('--seed <number>', 'of the random moments', toCount, 1)
  .option('--postgres', 'the store is in a PostgreSQL that is started for it')
  .parse()
  .opts<{ runs: number; seed: number; postgres?: true }>();

const started = performance.now();
const cluster = postgres ? await Cluster.start(['fsync=on']) : null;
const tell = ({ runs: done, acknowledged }: { runs: number; acknowledged: number }): void => {
  if (done % 10 === 0) process.stderr.write(`\r${done} kills, ${acknowledged} operations acknowledged`);
};
const tally = await crashTest(runs, seed, tell, cluster?.url ?? null);
await cluster?.stop();
process.stderr.write('\n');
console.log(`${tally.runs} kills, 0 losses, ${tally.acknowledged} operations acknowledged.`);
console.log('| operation struck | times | had happened |\n| --- | --: | --: |');
for (const [op, { times, happened }] of Object.entries(tally.struck).toSorted(([a], [b]) =>
  a.localeCompare(b),
)) {
  console.log(`| ${op} | ${times} | ${happened} |`);
}
console.log(`${((performance.now() - started) / 1000).toFixed(0)} s`);

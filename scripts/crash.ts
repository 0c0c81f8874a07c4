import { Command, InvalidArgumentError } from 'commander';
import { crashTest } from '../test/crash/store-crash.ts';

/** `npm run test:crash`: kill a process that changes a store, again and again, and look for losses. */
const { runs, seed } = new Command('test:crash')
  .option('--runs <count>', 'how many kills', toCount, 1000)
  .option('--seed <number>', 'of the random moments', toCount, 1)
  .parse()
  .opts<{ runs: number; seed: number }>();

const started = performance.now();
const tally = await crashTest(runs, seed, ({ runs: done, acknowledged }) => {
  if (done % 10 === 0) process.stderr.write(`\r${done} kills, ${acknowledged} operations acknowledged`);
});
process.stderr.write('\n');
console.log(`${tally.runs} kills, 0 losses, ${tally.acknowledged} operations acknowledged.`);
console.log('| operation struck | times | had happened |\n| --- | --: | --: |');
for (const [op, { times, happened }] of Object.entries(tally.struck).toSorted(([a], [b]) =>
  a.localeCompare(b),
)) {
  console.log(`| ${op} | ${times} | ${happened} |`);
}
console.log(`${((performance.now() - started) / 1000).toFixed(0)} s`);

function toCount(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new InvalidArgumentError('It is not a count.');
  return value;
}

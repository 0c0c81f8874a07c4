import { Command } from 'commander';
import { Network } from '../test/sync/hosts/network.ts';
import { trial } from '../test/sync/hosts/trial.ts';
import { table } from './bench/table.ts';

/** `npm run test:hosts`: an appliance and a server on two hosts, with kills and a bad line between them. */
const options = new Command('test:hosts')
  .option('--people <count>', 'made-up people to synchronise', Number, 1000)
  .option('--kills <count>', 'kill -9 of either side', Number, 50)
  .option('--slow <count>', 'people to synchronise afterwards, all at 9.6 kbit/s', Number, 150)
  .option('--picture <bytes>', 'size of the picture that the last of these has', Number, 100_000)
  .option('--seed <number>', 'of the random moments', Number, 1)
  .parse()
  .opts<{ people: number; kills: number; slow: number; picture: number; seed: number }>();

const { obstacle } = Network;
if (obstacle !== null) throw new Error(obstacle);
const { people, kills, slow, picture, seed } = options;
const tally = await trial({
  people,
  kills,
  slowPeople: slow,
  slowPictureBytes: picture,
  seed,
  onProgress: (text) => void process.stderr.write(`\r${text}   `),
});
process.stderr.write('\n');
const { killed, cuts, lines, seconds } = tally;
console.log(
  table(
    ['', ''],
    [
      ['faces on both sides in the end, each once', tally.faces],
      ['deleted on the way, on neither side', tally.deleted],
      ['kill -9 of the server', killed.server],
      ['kill -9 of the appliance', killed.appliance],
      ['cuts of the line', cuts],
      ...Object.entries(lines).map(([line, spent]) => [`seconds of kills over a ${line} line`, spent]),
      ['seconds of kills in all, with restarts', seconds.killing],
      ['seconds until both agreed afterwards', seconds.converging],
      [`seconds for ${slow} more people at 9.6 kbit/s`, seconds.slow],
    ],
  ),
);
if (!tally.hasNetem)
  console.log('\nThis kernel has no netem: loss and delay came from queues before slow lines.');

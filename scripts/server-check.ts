import { existsSync } from 'node:fs';
import { cp, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Command, Option } from 'commander';
import sharp from 'sharp';
import type { ModelSetName } from '../contract/index.ts';
import { Accounts } from '../core/accounts/index.ts';
import { createRecognizer } from '../core/recognition/index.ts';
import { fileKekProvider, openStore } from '../core/store/index.ts';
import { modelsOption } from '../main/process/models-option.ts';
import { mustRun, newInstallation } from '../test/support/appliance.ts';
import { BOOTSTRAP_KEY, newServer, portraits, startServer } from '../test/support/server.ts';
import { listImages } from './eval/images.ts';
import { choose } from './eval/spoiled/gather.ts';
import { KINDS } from './eval/spoiled/kinds.ts';
import { crash } from './server/crash.ts';
import type { Victim } from './server/crash-several.ts';
import { drill } from './server/drill.ts';
import { loadSeveral } from './server/load-several.ts';
import { severalServers } from './server/several-servers.ts';
import { FUZZ_DIALECTS } from './server/fuzz-dialects.ts';
import { fuzz, type FuzzOptions } from './server/fuzz.ts';
import { fill, load, reset } from './server/load.ts';
import { messageReaders } from './server/message-readers.ts';
import { fuzzMessages } from './server/messages.ts';
import { toHundredKilobytes } from './server/picture.ts';
import { shares } from './server/profile.ts';
import { slow } from './server/slow.ts';
import { spoiledAnswers } from './server/spoiled.ts';

interface SpoiledChoice {
  readonly images: string;
  readonly people: number;
  readonly skip: number;
  readonly models: ModelSetName;
  readonly kinds: string[];
}

/** `npm run server:check`: the long measurements of the server; the tests run shorter ones. */
const program = new Command('server:check');

program
  .command('fuzz')
  .option('--requests <number>', 'how many', Number, 10_000)
  .option('--seed <number>', 'repeats a run', Number, 1)
  .addOption(new Option('--dialect <name>', 'an API besides Realeyes').choices(Object.keys(FUZZ_DIALECTS)))
  .action(async (options: Omit<FuzzOptions, 'images'>) => {
    const server = await newServer('--rate-limit', '1000000');
    await server.client.createCollection({ collectionId: 'fuzz' });
    // Descriptors are taken, too.
    await mustRun(server.installation, 'account', 'descriptors', server.accountId, 'on');
    const { robin, sasha } = await portraits();
    const png = await sharp(Buffer.from(robin, 'base64')).resize(200).png().toBuffer();
    const images = [Buffer.from(robin, 'base64'), Buffer.from(sasha, 'base64'), png];
    console.log(JSON.stringify(await fuzz(server, { ...options, images }), null, 2));
    await server.remove();
  });

program
  .command('messages')
  .description('spoiled MessagePack for each of its four readers')
  .option('--messages <number>', 'how many for each', Number, 100_000)
  .option('--seed <number>', 'repeats a run', Number, 1)
  .action(async (options: { messages: number; seed: number }) => {
    for (const reader of await messageReaders()) {
      console.log(JSON.stringify(await fuzzMessages(reader, options)));
      await reader.close();
    }
  });

program
  .command('slow')
  .description(
    'half-sent headers and clients that read nothing: how long each is held, and whether others are served',
  )
  .option('--connections <number>', 'of each kind', Number, 50)
  .option('--seconds <number>', 'at most', Number, 90)
  .action(async (options: { connections: number; seconds: number }) => {
    const server = await newServer();
    console.log(JSON.stringify(await slow(server, options), null, 2));
    await server.remove();
  });

program
  .command('spoiled')
  .description('index spoiled pictures of some people, and search with spoiled pictures of others')
  .requiredOption('--images <dir>', 'folder with one folder of images per person')
  .option('--people <number>', 'how many of the half that no limit was set on', Number, 500)
  .option('--skip <number>', 'how many of them are passed over first', Number, 0)
  .addOption(modelsOption())
  .addOption(
    new Option('--kinds <names...>', 'ways to spoil them')
      .choices(Object.keys(KINDS))
      .default(Object.keys(KINDS)),
  )
  .action(async (options: SpoiledChoice) => {
    const { images: dir, people, skip, models, kinds } = options;
    const server = await newServer('--rate-limit', '1000000', '--models', models);
    const weightsDir = fileURLToPath(new URL('../models/weights', import.meta.url));
    const recognizer = await createRecognizer({ weightsDir, set: models, workers: 1 });
    const images = choose(await listImages(dir), { half: 'second', people, skip, imagesOfEach: 2 });
    const { client } = server;
    for await (const answers of spoiledAnswers({ client, recognizer, dir, images, kinds })) {
      console.log(JSON.stringify(answers));
    }
    await recognizer.close();
    await server.remove();
  });

program
  .command('crash')
  .option('--rounds <number>', 'how often the server is killed', Number, 100)
  .option('--seed <number>', 'repeats a run', Number, 1)
  .action(async (options: { rounds: number; seed: number }) => {
    const installation = await newInstallation();
    const { robin } = await portraits();
    const report = await crash({
      ...options,
      ...installation,
      image: robin,
      start: () => startServer(installation),
      onRound: (round) => process.stderr.write(`\rround ${round} `),
    });
    console.log(JSON.stringify(report, null, 2));
    await installation.remove();
  });

program
  .command('crash-several')
  .description('of two servers on one PostgreSQL')
  .option('--rounds <number>', 'how often one of each is killed', Number, 100)
  .option('--seed <number>', 'repeats a run', Number, 1)
  .addOption(new Option('--kill <what>').choices(['server', 'database', 'both']).default('both'))
  .action(async (options: { rounds: number; seed: number; kill: Victim | 'both' }) => {
    const { rounds, seed, kill } = options;
    // Interrupted, it ends the round and says how it stands.
    const ending = new AbortController();
    process.once('SIGINT', () => ending.abort());
    const victims: Victim[] = kill === 'both' ? ['server', 'database'] : [kill];
    const report = await drill({
      seed,
      victims: victims.flatMap((victim) => Array.from({ length: rounds }, () => victim)),
      signal: ending.signal,
      onRound: (done, lost, doubled) =>
        process.stderr.write(`\r${done} kills, ${lost} lost, ${doubled} doubled `),
    });
    console.log(JSON.stringify(report, null, 2));
  });

program
  .command('load-several')
  .description('one and two servers on one PostgreSQL, which waits for the disk')
  .option('--seconds <number>', 'for each call', Number, 10)
  .option('--clients <number>', 'at once, of all servers', Number, 8)
  .action(async (options: { seconds: number; clients: number }) => {
    const several = await severalServers(['fsync=on']);
    const images = await Promise.all(Object.values(await portraits()).map(toHundredKilobytes));
    const { start, cluster, keyFile } = several;
    console.table(await loadSeveral({ ...options, images, start, url: cluster.url, keyFile }));
    await several.remove();
  });

program
  .command('load')
  .option('--faces <number>', 'size of the collection', Number, 100_000)
  .option('--seconds <number>', 'for each call', Number, 20)
  .option('--clients <number>', 'at once', Number, 4)
  .action(async ({ faces, ...options }: { faces: number; seconds: number; clients: number }) => {
    const installation = await newInstallation();
    const profiles = await mkdtemp(join(tmpdir(), 'lintel-profiles-'));
    const { data, keyFile } = installation;
    // Filled in memory where that is possible: a durable write for each face would take most of the time.
    const filling = await mkdtemp(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'lintel-filling-'));
    const store = await openStore({ dir: filling, kekProvider: fileKekProvider(keyFile) });
    const { accountId } = await new Accounts(store).create('load', BOOTSTRAP_KEY);
    const weightsDir = fileURLToPath(new URL('../models/weights', import.meta.url));
    const recognizer = await createRecognizer({ weightsDir, workers: 1 });
    await recognizer.close();
    await fill(store, accountId, recognizer, faces);
    await store.close();
    await cp(filling, data, { recursive: true });
    await rm(filling, { recursive: true });

    const images = await Promise.all(Object.values(await portraits()).map(toHundredKilobytes));
    process.env['NODE_OPTIONS'] = `--cpu-prof --cpu-prof-dir=${profiles}`;
    const loaded = await startServer(installation, '--rate-limit', '1000000');
    console.table(await load(loaded, { ...options, images }));
    await loaded.stop();
    delete process.env['NODE_OPTIONS'];
    const another = await startServer(installation);
    console.log('reset', await reset(another));
    await another.stop();
    for (const file of await readdir(profiles)) {
      console.log(file);
      console.table(await shares(join(profiles, file)));
    }
    await rm(profiles, { recursive: true });
    await installation.remove();
  });

await program.parseAsync();

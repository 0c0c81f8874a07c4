import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Command } from 'commander';
import { Accounts } from '#core/accounts';
import { Devices } from '#core/devices';
import { Gallery } from '#core/gallery';
import { loadCalibration } from '#core/matching';
import { createRecognizer, modelIdOf, NETWORK_SETS } from '#core/recognition';
import { fileKekProvider, openStore, type SqlStore } from '#core/store';
import { createLog } from '../../main/process/log.ts';
import { joinServer, startSync } from '../../main/sync/index.ts';
import type { Orders } from '../../test/sync/hosts/messages.ts';
import { COLLECTION, personOf } from '../../test/sync/hosts/people.ts';
import { ApplianceProcess, ServerProcess } from '../../test/sync/hosts/processes.ts';
import { portrait } from '../samples/clip.ts';
import { sampleFace } from '../samples/samples.ts';
import { startProxy, type CountingProxy } from './counting-proxy.ts';
import { quantile } from './quantile.ts';
import { openFast } from './store-bench.ts';
import { table } from './table.ts';

const DIMENSION = NETWORK_SETS.default.embedder.dimension;

interface Options {
  readonly faces: number;
  readonly minutes: number;
  readonly beside: number;
}

/** The `sync` command: a snapshot to new appliances, one killed half-way, an idle line, recognition beside a snapshot. */
export function syncCommand(modelsDir: string): Command {
  return new Command('sync')
    .description('Synchronise made-up faces from a server to appliances on this machine.')
    .option('--faces <count>', 'in a snapshot to a new appliance; 0 for none', Number, 50_000)
    .option('--minutes <count>', 'to watch two that have nothing to do; 0 for not at all', Number, 5)
    .option('--beside <count>', 'faces that come in beside recognition; 0 for not at all', Number, 10_000)
    .action(async ({ faces, minutes, beside }: Options) => {
      const modelId = await modelIdOf(join(modelsDir, 'weights'), 'default');
      if (faces > 0) {
        await withServer(modelId, faces, async (world) => {
          console.log(await snapshots(world, minutes));
        });
      }
      if (beside > 0) {
        await withServer(modelId, beside, async (world) => {
          console.log(`\n${await recognitionBeside(world, modelsDir)}`);
        });
      }
    });
}

interface World {
  readonly folder: string;
  readonly modelId: string;
  readonly faces: number;
  readonly server: ServerProcess;
  readonly proxy: CountingProxy;
  readonly invite: () => Promise<string>;
}

/** A server in a process of its own that has so many faces. */
async function withServer(
  modelId: string,
  faces: number,
  work: (world: World) => Promise<void>,
): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'lintel-bench-'));
  const place = { data: join(folder, 'server'), keyFile: join(folder, 'key') };
  const options = { dir: place.data, kekProvider: fileKekProvider(place.keyFile) };
  // Makes its account.
  const first = new ServerProcess(null, '127.0.0.1', place, 0);
  await first.listening;
  await first.stop();
  console.error(`sync: enrolling ${faces} faces at the server`);
  const store = await openFast(options);
  const [account] = await new Accounts(store).list();
  const { accountId } = account!;
  await store.createCollection(accountId, COLLECTION);
  for (let i = 0; i < faces; i++) {
    await store.addFace(accountId, COLLECTION, personOf(`desk-${i}`, modelId, DIMENSION));
  }
  await store.close();
  const server = new ServerProcess(null, '127.0.0.1', place, 0);
  const proxy = await startProxy(await server.listening);
  try {
    const invite = async (): Promise<string> => {
      const store = await openStore(options);
      try {
        return (await new Devices(store).invite(accountId)).code;
      } finally {
        await store.close();
      }
    };
    await work({ folder, modelId, faces, server, proxy, invite });
  } finally {
    await server.stop();
    await proxy.close();
    await rm(folder, { recursive: true });
  }
}

async function ordersFor(world: World, name: string): Promise<Orders> {
  const { folder, modelId, proxy } = world;
  return {
    data: join(folder, name),
    keyFile: join(folder, `${name}.key`),
    origin: proxy.origin,
    code: await world.invite(),
    modelId,
    dimension: DIMENSION,
    prefix: name,
    people: 0,
    pictureBytes: 0,
    pauseMs: 0,
    isEager: true,
  };
}

async function snapshots(world: World, minutes: number): Promise<string> {
  const { proxy, server, faces } = world;
  const idleServer = await server.memory();
  const orders = await ordersFor(world, 'one');
  console.error('sync: a snapshot');
  const whole = await run(proxy, new ApplianceProcess(null, orders), async (appliance) => {
    await until(() => appliance.whole > 0, appliance);
  });
  const serverMemory = await server.memory();

  console.error('sync: a snapshot that is killed half-way');
  const again = await ordersFor(world, 'two');
  const before = proxy.bytes;
  const killed = new ApplianceProcess(null, again);
  await until(() => proxy.bytes - before > whole.bytes / 2, killed);
  await killed.kill();
  const rest = await run(proxy, new ApplianceProcess(null, again), async (appliance) => {
    await until(() => appliance.whole > 0, appliance);
  });

  const rows = [
    ['seconds', whole.seconds, rest.seconds],
    ['faces a second', faces / whole.seconds, ''],
    ['MB over the line', whole.bytes / 1e6, rest.bytes / 1e6],
    ['bytes a face', whole.bytes / faces, ''],
    ['appliance: MB of memory at most', whole.memory, rest.memory],
    ['appliance: event loop held up, p99 ms', whole.heldUp.p99, rest.heldUp.p99],
    ['appliance: event loop held up, most ms', whole.heldUp.most, rest.heldUp.most],
    ['server: MB of memory before', idleServer.now, ''],
    ['server: MB of memory at most', serverMemory.most, ''],
  ];
  let text = table([`${faces} faces`, 'a new appliance', 'after kill -9 half-way'], rows);
  if (minutes > 0) {
    console.error(`sync: ${minutes} minutes with nothing to do`);
    const appliance = new ApplianceProcess(null, { ...orders, isEager: false });
    // The first exchange tells of the restart.
    await sleep(10_000);
    const [bytes, connections] = [proxy.bytes, proxy.connections];
    await sleep(minutes * 60_000);
    const perMinute = (proxy.bytes - bytes) / minutes;
    await appliance.stop();
    text += `\n\nWith nothing to do: ${perMinute.toFixed(0)} bytes a minute, ${proxy.connections - connections} new connections in ${minutes} minutes.`;
  }
  return text;
}

interface Run {
  readonly seconds: number;
  readonly bytes: number;
  readonly memory: number;
  readonly heldUp: { readonly p99: number; readonly most: number };
}

async function run(
  proxy: CountingProxy,
  appliance: ApplianceProcess,
  work: (appliance: ApplianceProcess) => Promise<void>,
): Promise<Run> {
  const [start, before] = [performance.now(), proxy.bytes];
  await work(appliance);
  const seconds = (performance.now() - start) / 1000;
  const bytes = proxy.bytes - before;
  const { most: memory } = await appliance.memory();
  const { heldUp } = appliance.last!;
  await appliance.stop();
  return { seconds, bytes, memory, heldUp };
}

async function until(isDone: () => boolean, appliance: ApplianceProcess): Promise<void> {
  while (!isDone()) {
    appliance.requireAlive();
    await sleep(20);
  }
}

/** Recognitions in a row, as an appliance makes them, without and with a snapshot coming in in the same process. */
async function recognitionBeside(world: World, modelsDir: string): Promise<string> {
  const { folder, modelId, proxy, faces } = world;
  const image = await portrait(sampleFace('Robin'));
  await using stack = new AsyncDisposableStack();
  const recognizer = await createRecognizer({ weightsDir: join(modelsDir, 'weights') });
  stack.defer(() => recognizer.close());
  const calibration = await loadCalibration(modelsDir, modelId);
  const open = async (name: string): Promise<SqlStore> => {
    const store = await openStore({
      dir: join(folder, name),
      kekProvider: fileKekProvider(join(folder, `${name}.key`)),
    });
    stack.defer(() => store.close());
    return store;
  };
  let isBusy = false;
  const recognise = async (gallery: Gallery): Promise<number> => {
    const start = performance.now();
    isBusy = true;
    const { face } = await recognizer.analyse(image, { passive: true });
    await gallery.recognise(COLLECTION, face!.template, { falsePositiveRate: 1e-3, margin: 0 });
    isBusy = false;
    return performance.now() - start;
  };
  const idle: number[] = [];
  const busy: number[] = [];
  let seconds = 0;
  // In turn, since the machine's other load comes and goes.
  for (let round = 0; round < ROUNDS; round++) {
    console.error(`sync: recognition, round ${round + 1} of ${ROUNDS}`);
    const store = await open(`beside-${round}`);
    const gallery = await Gallery.open({ store, modelId, dimension: DIMENSION, calibration });
    await gallery.ensureCollection(COLLECTION);
    for (let i = 0; i < IDLE; i++) idle.push(await recognise(gallery));
    await joinServer(store, { origin: proxy.origin }, await world.invite(), 'door');
    const sync = startSync({
      store,
      modelId: () => modelId,
      version: 'bench',
      overMetered: () => true,
      isBusy: () => isBusy,
      dropSentImages: () => false,
      log: createLog('silent'),
    });
    const start = performance.now();
    const ended = new AbortController();
    const done = sync.now().finally(() => ended.abort());
    while (!ended.signal.aborted) busy.push(await recognise(gallery));
    await done;
    seconds += (performance.now() - start) / 1000;
    await sync.close();
    const count = await gallery.count(COLLECTION);
    if (count !== faces) throw new Error(`${count} of ${faces} faces came.`);
  }
  const ratio = (p: number): number => quantile(busy, p) / quantile(idle, p);
  return table(
    ['one analysis and recognition', 'times', 'p50 ms', 'p95 ms'],
    [
      ['nothing else', idle.length, quantile(idle, 0.5), quantile(idle, 0.95)],
      [`while ${faces} faces come in`, busy.length, quantile(busy, 0.5), quantile(busy, 0.95)],
      ['ratio', '', ratio(0.5), ratio(0.95)],
      ['faces a second that came in', (faces * ROUNDS) / seconds, '', ''],
    ],
  );
}

const ROUNDS = 6;
const IDLE = 60;

import { cp, mkdtemp, rm } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { Accounts } from '#core/accounts';
import { modelIdOf, NETWORK_SETS } from '#core/recognition';
import { fileKekProvider, LOCAL_ACCOUNT, openStore } from '#core/store';
import { openEngine } from '../../../main/appliance/index.ts';
import { BOOTSTRAP_KEY, portraits, startServer } from '../../../test/support/server.ts';
import { newInstallation, type Installation } from '../../../test/support/appliance.ts';
import { fill, load, LOAD_COLLECTION, type LoadResult } from '../../server/load.ts';
import { toHundredKilobytes } from '../../server/picture.ts';
import { threadTimes } from '../../server/thread-times.ts';
import { table } from '../table.ts';
import type { Section } from './section.ts';

/** What the threads of the server do, by the names that the system knows them by. */
const THREADS: Readonly<Record<string, string>> = {
  MainThread: 'HTTP, JSON, base 64, keys, store, hand-over',
  WorkerThread: 'recognition: detect, landmarks, align, embed',
  'libuv-worker': 'the pool of Node: files, the start of decoding',
  'libvips worker': 'decoding the JPEG',
  'lintel-search': 'search',
  V8Worker: 'collecting garbage, compiling',
};

/** A server with a large collection, searched by several clients at once over HTTP. */
export async function measureServer(
  modelsDir: string,
  { faces, seconds, clients }: { faces: number; seconds: number; clients: number },
): Promise<Omit<Section, 'measured'>> {
  const installation = await newInstallation();
  try {
    await fillStore(modelsDir, installation, faces, 'server');
    const images = await Promise.all(Object.values(await portraits()).map(toHundredKilobytes));
    const server = await startServer(installation, '--rate-limit', '1000000');
    const options = { clients, images, calls: ['searchFace'] } as const;
    // The first searches load the collection and compile what they run.
    await load(server, { ...options, seconds: 2 });
    const before = await timesOf(server.process.pid!);
    const results = await load(server, { ...options, seconds });
    const after = await timesOf(server.process.pid!);
    await server.stop();
    return {
      title: 'Server',
      markdown: [
        `${faces.toLocaleString('en')} faces, ${clients} clients at once, JPEGs of 100 KB, ${seconds} s; the clients run on the same`,
        `${availableParallelism()} processors. Milliseconds.`,
        '',
        table(
          ['call', 'a second', 'p50', 'p99', 'event loop p99', 'refused'],
          results.map(({ call, perSecond, p50, p99, loopP99, refused }) => [
            call,
            perSecond,
            p50,
            p99,
            loopP99,
            refused,
          ]),
        ),
        '',
        ...profile(before, after, results[0]!),
      ].join('\n'),
      charts: [],
    };
  } finally {
    await installation.remove();
  }
}

/** Processor time so far, in milliseconds: of the server's threads, and of this process, which has the clients. */
async function timesOf(pid: number): Promise<Map<string, number>> {
  const { user, system } = process.cpuUsage();
  return (await threadTimes(pid)).set('clients', (user + system) / 1000);
}

/** Where the processors' time goes while they search. */
function profile(
  before: ReadonlyMap<string, number>,
  after: ReadonlyMap<string, number>,
  { requests, perSecond }: LoadResult,
): string[] {
  const names = { ...THREADS, clients: 'the clients, in a process of their own' };
  const each = (name: string): number => ((after.get(name) ?? 0) - (before.get(name) ?? 0)) / requests;
  const rows = Object.entries(names).map(([name, what]) => [what, each(name)] as const);
  const others = [...after.keys()].filter((name) => !(name in names));
  rows.push(['other threads', others.reduce((sum, name) => sum + each(name), 0)]);
  const total = rows.reduce((sum, [, ms]) => sum + ms, 0);
  const given = (availableParallelism() * 1000) / perSecond;
  return [
    `Processor time of one search: ${total.toFixed(1)} of the ${given.toFixed(1)} ms that the processors have for each at this rate.`,
    '',
    table(
      ['thread', 'ms', 'share'],
      rows.map(([what, ms]) => [what, ms, `${((100 * ms) / total).toFixed(0)} %`]),
    ),
  ];
}

/** How long after its start an appliance with many people can decide. */
export async function measureStart(modelsDir: string, faces: number): Promise<Omit<Section, 'measured'>> {
  const installation = await newInstallation();
  try {
    await fillStore(modelsDir, installation, faces, 'appliance');
    const photo = Buffer.from((await portraits()).robin, 'base64');
    const started = performance.now();
    const engine = await openEngine({
      dataDir: installation.data,
      kekProvider: fileKekProvider(installation.keyFile),
      modelsDir,
      actor: 'operator',
    });
    const opened = performance.now();
    await engine.serve(({ gallery }) => gallery.preload(LOAD_COLLECTION));
    const loaded = performance.now();
    await engine.serve(async ({ gallery, recognizer }) => {
      const { face } = await recognizer.analyse(photo);
      await gallery.identify(LOAD_COLLECTION, face!.template, { threshold: 90 });
    });
    const decided = performance.now();
    await engine.close();
    return {
      title: 'Start of an appliance',
      markdown: [
        `${faces.toLocaleString('en')} faces in the encrypted store; milliseconds from the start of the engine, without that of Node.`,
        '',
        table(
          ['store and networks open', 'every template in memory', 'first decision'],
          [[opened - started, loaded - started, decided - started]],
        ),
      ].join('\n'),
      charts: [],
    };
  } finally {
    await installation.remove();
  }
}

/** In memory where that is possible: a durable write for each face would take most of the time. */
async function fillStore(
  modelsDir: string,
  { data, keyFile }: Installation,
  faces: number,
  kind: 'server' | 'appliance',
): Promise<void> {
  process.stderr.write(`filling a store with ${faces} faces\n`);
  const filling = await mkdtemp(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'lintel-filling-'));
  try {
    const store = await openStore({ dir: filling, kekProvider: fileKekProvider(keyFile) });
    const account =
      kind === 'appliance'
        ? LOCAL_ACCOUNT
        : (await new Accounts(store).create('load', BOOTSTRAP_KEY)).accountId;
    const modelId = await modelIdOf(join(modelsDir, 'weights'), 'default');
    await fill(store, account, { modelId, dimension: NETWORK_SETS.default.embedder.dimension }, faces);
    await store.close();
    await cp(filling, data, { recursive: true });
  } finally {
    await rm(filling, { recursive: true });
  }
}

import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import { createClient } from '#client';
import { Accounts } from '#core/accounts';
import { seeded } from '#core/matching';
import { modelIdOf, NETWORK_SETS } from '#core/recognition';
import { fileKekProvider } from '#core/store';
import { openPostgresStore } from '#core/store/postgres';
import { BOOTSTRAP_KEY, portraits, type RunningServer } from '../../../test/support/server.ts';
import { kill } from '../../server/indexing.ts';
import { storeWriters } from '../../server/load-several.ts';
import { toHundredKilobytes } from '../../server/picture.ts';
import { severalServers } from '../../server/several-servers.ts';
import { measuredNow, type Section } from '../page/section.ts';
import { table } from '../table.ts';
import { fillCollections } from './bulk-faces.ts';
import { httpLoad, type HttpLoad } from './http-load.ts';

/** As an operator would set up a database of this size on a machine with few gigabytes. */
const SETTINGS = ['fsync=on', 'shared_buffers=512MB', 'max_wal_size=4GB', 'wal_compression=on'];

interface PostgresBenchOptions {
  readonly faces: readonly number[];
  readonly nodes: readonly number[];
  readonly collections: number;
  readonly clients: number;
  readonly seconds: number;
}

/** What one size of database came to. */
interface Filled {
  readonly faces: number;
  readonly fillSeconds: number;
  readonly diskBytesPerFace: number;
  readonly runs: readonly NodesRun[];
}

interface NodesRun {
  readonly nodes: number;
  /** Of each node, from its first search in a collection to its last, and of all collections. */
  readonly loadSeconds: number;
  readonly loadP50: number;
  /** Resident memory of a node: what the collections took, for each face. */
  readonly bytesPerFace: number;
  readonly residentBytes: number;
  readonly search: HttpLoad;
  readonly index: HttpLoad;
  /** Enrolments a second of as many processes with the store alone: no picture is looked at. */
  readonly templates: number;
}

/** The `postgres` command: servers on one PostgreSQL, filled with made-up people, under load over HTTP. */
export function postgresCommand(folders: { readonly models: string; readonly results: string }): Command {
  return new Command('postgres')
    .description('Load one and two servers on one PostgreSQL; `page` puts what comes out on its page.')
    .option('--faces <counts...>', 'in all collections together', toCounts, [100_000])
    .option('--nodes <counts...>', 'servers', toCounts, [1, 2])
    .option('--collections <count>', 'how many', Number, 50)
    .option('--clients <count>', 'at once, of all servers together', Number, 8)
    .option('--seconds <count>', 'for each call', Number, 20)
    .action(async (options: PostgresBenchOptions) => {
      const filled: Filled[] = [];
      for (const faces of options.faces) filled.push(await measure(folders.models, faces, options));
      const section: Section = {
        title: 'Servers on one PostgreSQL',
        measured: measuredNow(),
        markdown: markdownOf(filled, options),
        charts: [],
      };
      await mkdir(folders.results, { recursive: true });
      await writeFile(join(folders.results, 'postgres.json'), JSON.stringify(section));
      console.log(section.markdown);
    });
}

function toCounts(text: string, before: unknown): number[] {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new InvalidArgumentError('It is not a count.');
  // The first one takes the place of what is chosen by default.
  const chosen = before as number[] & { isChosen?: true };
  const all: number[] & { isChosen?: true } = chosen.isChosen ? [...chosen, value] : [value];
  all.isChosen = true;
  return all;
}

async function measure(models: string, faces: number, options: PostgresBenchOptions): Promise<Filled> {
  const collections = Array.from({ length: options.collections }, (_, i) => `c-${i}`);
  const several = await severalServers(SETTINGS);
  try {
    process.stderr.write(`filling a database with ${faces} faces\n`);
    const started = performance.now();
    const { cluster, keyFile } = several;
    const store = await openPostgresStore({ url: cluster.url, kekProvider: fileKekProvider(keyFile) });
    const { accountId: account } = await new Accounts(store).create('load', BOOTSTRAP_KEY);
    const modelId = await modelIdOf(join(models, 'weights'), 'default');
    const { dimension } = NETWORK_SETS.default.embedder;
    await fillCollections(store, { account, modelId, dimension, faces, collections });
    await store.close();
    const fillSeconds = (performance.now() - started) / 1000;
    const { rows } = await cluster.query(
      `SELECT sum(pg_total_relation_size(oid))::float8 AS bytes FROM pg_class
       WHERE relnamespace = 'lintel'::regnamespace AND relkind = 'r'`,
    );
    const runs: NodesRun[] = [];
    for (const nodes of options.nodes) {
      process.stderr.write(`${nodes} of ${options.nodes.join(' and ')} servers\n`);
      runs.push(await run(several, faces, collections, nodes, options));
    }
    return { faces, fillSeconds, diskBytesPerFace: Number(rows[0]!['bytes']) / faces, runs };
  } finally {
    await several.remove();
  }
}

async function run(
  { start, cluster, keyFile }: Awaited<ReturnType<typeof severalServers>>,
  faces: number,
  collections: readonly string[],
  count: number,
  { clients, seconds }: PostgresBenchOptions,
): Promise<NodesRun> {
  const images = await Promise.all(Object.values(await portraits()).map(toHundredKilobytes));
  const nodes: RunningServer[] = [];
  for (let number = 0; number < count; number++) nodes.push(await start(number));
  try {
    const before = await residentBytes(nodes[0]!);
    const loads = await Promise.all(nodes.map((node) => loadAll(node, collections, images[0]!)));
    const after = await residentBytes(nodes[0]!);
    const asked = { nodes, collections, images, clients, seconds, random: seeded(1) };
    const search = await httpLoad('searchFace', asked);
    const index = await httpLoad('indexFace', asked);
    const templates = await storeWriters({ url: cluster.url, keyFile, seconds, clients, servers: count });
    return {
      nodes: count,
      loadSeconds: Math.max(...loads.map(({ all }) => all)),
      loadP50: Math.max(...loads.map(({ p50 }) => p50)),
      bytesPerFace: (after - before) / faces,
      residentBytes: after,
      search,
      index,
      templates,
    };
  } finally {
    await Promise.all(nodes.map((node) => kill(node, 'SIGTERM')));
  }
}

/** A search in each collection, one after the other. @returns seconds of all, and of one at the median */
async function loadAll(node: RunningServer, collections: readonly string[], image: string) {
  const client = createClient({ ...node, timeoutMilliseconds: 600_000 });
  // The networks have run before.
  await client.searchFace({ collectionId: collections[0]!, image: { bytes: image } });
  const times: number[] = [];
  for (const collectionId of collections) {
    const started = performance.now();
    await client.searchFace({ collectionId, image: { bytes: image } });
    times.push((performance.now() - started) / 1000);
  }
  return { all: times.reduce((a, b) => a + b, 0), p50: times.toSorted((a, b) => a - b)[times.length >> 1]! };
}

async function residentBytes({ process: { pid } }: RunningServer): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)![1]) * 1024;
}

function markdownOf(
  filled: readonly Filled[],
  { collections, clients, seconds }: PostgresBenchOptions,
): string {
  const runs = filled.flatMap((each) => each.runs.map((run) => [each, run] as const));
  return [
    `${collections} collections; ${clients} clients at once, of all servers together, JPEGs of 100 KB, ${seconds} s for each call;`,
    `servers, PostgreSQL and clients run on the same ${availableParallelism()} processors, and each server with one thread of recognition.`,
    'By template: enrolments of as many processes with the store alone, which look at no picture. Milliseconds, but where it says otherwise.',
    '',
    table(
      [
        'faces',
        'servers',
        'searches a second',
        'p50',
        'p99',
        'enrolments a second',
        'p50',
        'p99',
        'by template',
        'refused',
      ],
      runs.map(([{ faces }, { nodes, search, index, templates }]) => [
        faces.toLocaleString('en'),
        nodes,
        search.perSecond,
        search.p50,
        search.p99,
        index.perSecond,
        index.p50,
        index.p99,
        templates,
        search.refused + index.refused,
      ]),
    ),
    '',
    table(
      [
        'faces',
        'servers',
        'all collections into memory, s',
        'one of them, s',
        'memory for a face, bytes',
        'memory of a server, MB',
      ],
      runs.map(([{ faces }, { nodes, loadSeconds, loadP50, bytesPerFace, residentBytes: resident }]) => [
        faces.toLocaleString('en'),
        nodes,
        loadSeconds,
        loadP50,
        Math.round(bytesPerFace),
        Math.round(resident / 1e6),
      ]),
    ),
    '',
    table(
      ['faces', 'filled in, s', 'disk for a face, bytes'],
      filled.map(({ faces, fillSeconds, diskBytesPerFace }) => [
        faces.toLocaleString('en'),
        fillSeconds,
        Math.round(diskBytesPerFace),
      ]),
    ),
    '',
    'Filled by statements of 500 rows through the sealing of the store, without its triggers; the size is that of tables and their indexes.',
  ].join('\n');
}

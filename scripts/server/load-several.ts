import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { createClient } from '../../client/index.ts';
import { kill, type Restartable } from './indexing.ts';
import { load, LOAD_COLLECTION } from './load.ts';

const WRITER = fileURLToPath(new URL('./store-writer.ts', import.meta.url));

export interface LoadSeveralOptions {
  /** For each call. */
  readonly seconds: number;
  /** At once, of all servers together. */
  readonly clients: number;
  /** Pictures in base 64. */
  readonly images: readonly string[];
  readonly start: (number: 0 | 1) => Promise<Restartable>;
  /** Of the database and its key. */
  readonly url: string;
  readonly keyFile: string;
}

interface Rate {
  readonly call: string;
  readonly servers: number;
  readonly perSecond: number;
}

/** What one server does, and what two do together: enrolments of the store alone, and calls with pictures. */
export async function loadSeveral(options: LoadSeveralOptions): Promise<Rate[]> {
  const { seconds, clients, images, start, url, keyFile } = options;
  const rates: Rate[] = [];
  const first = await start(0);
  await createClient(first).createCollection({ collectionId: LOAD_COLLECTION });
  for (const servers of [1, 2]) {
    const perSecond = await storeWriters({ url, keyFile, seconds, clients, servers });
    rates.push({ call: 'addFace of the store', servers, perSecond });
  }
  const both = [first, await start(1)];
  for (const used of [both.slice(0, 1), both]) {
    const shared = { seconds, images, clients: clients / used.length };
    const calls = ['searchFace', 'indexFace'] as const;
    const results = await Promise.all(used.map((server) => load(server, { ...shared, calls })));
    for (const call of calls) {
      const each = results.flat().filter((result) => result.call === call);
      const perSecond = sum(each.map((result) => result.perSecond));
      rates.push({ call, servers: used.length, perSecond });
    }
  }
  await Promise.all(both.map((server) => kill(server, 'SIGTERM')));
  return rates;
}

/** As many processes as servers, which enrol made-up people by the store alone. @returns enrolments a second of all */
export async function storeWriters({
  url,
  keyFile,
  seconds,
  clients,
  servers,
}: Pick<LoadSeveralOptions, 'url' | 'keyFile' | 'seconds' | 'clients'> & {
  readonly servers: number;
}): Promise<number> {
  const args = [WRITER, url, keyFile, String(seconds), String(clients / servers)];
  const writers = Array.from({ length: servers }, async () => {
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    return Number(await text(child.stdout));
  });
  return sum(await Promise.all(writers));
}

const sum = (values: readonly number[]): number => Math.round(values.reduce((a, b) => a + b, 0) * 10) / 10;

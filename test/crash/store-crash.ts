import { spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { cp, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { fileKekProvider, LOCAL_ACCOUNT as ME, openStore } from '#core/store';
import { openPostgresStore } from '#core/store/postgres';
import { seeded } from '../../core/matching/testing/random-templates.ts';
import { createOldStore } from './old-store.ts';
import { Expectation } from './store-expectation.ts';
import { COLLECTION, Message, type Operation } from './store-operations.ts';

const CHILD = fileURLToPath(new URL('./store-child.ts', import.meta.url));

/** A child is killed after the beginning of one of its first operations, or of its start. */
const OPERATIONS = 8;

/** So many milliseconds after it at most, mostly far fewer: a key is written in one, a data key exchanged in hundreds. */
const LATEST_MS = 400;

/** After so many kills the test begins a new store: the files of the old one would only grow. */
const KILLS_PER_STORE = 100;

export interface CrashTally {
  runs: number;
  /** Operations that were acknowledged. */
  acknowledged: number;
  /** Operations that the kill struck, by name, and how many of them had happened all the same. */
  struck: Record<string, { times: number; happened: number }>;
}

/**
 * Kill a process that changes a store, again and again, at seeded random moments, and look at the store after each time.
 * @param onRun told after each run
 * @param database address of one in which the store is; null: in a folder
 * @throws Error that says what was lost
 */
export async function crashTest(
  runs: number,
  seed: number,
  onRun: (tally: CrashTally) => void = () => undefined,
  database: string | null = null,
): Promise<CrashTally> {
  const random = seeded(seed);
  const tally: CrashTally = { runs: 0, acknowledged: 0, struck: {} };
  while (tally.runs < runs) {
    const folder = await mkdtemp(join(tmpdir(), 'lintel-crash-'));
    const url = database === null ? null : schemaOf(database, tally.runs);
    try {
      await crashOneStore(folder, url, Math.min(KILLS_PER_STORE, runs - tally.runs), random, tally, onRun);
    } finally {
      await rm(folder, { recursive: true });
    }
  }
  return tally;
}

/** Each store has a schema of its own. */
function schemaOf(database: string, number: number): string {
  const url = new URL(database);
  url.searchParams.set('schema', `crash_${number}`);
  return url.href;
}

async function crashOneStore(
  folder: string,
  database: string | null,
  runs: number,
  random: () => number,
  tally: CrashTally,
  onRun: (tally: CrashTally) => void,
): Promise<void> {
  const keyFile = join(folder, 'key');
  await writeFile(keyFile, `${randomBytes(32).toString('hex')}\n`, { mode: 0o600 });
  await mkdir(join(folder, 'data'));
  const place = { dir: join(folder, 'data'), kekProvider: fileKekProvider(keyFile) };
  const { kekProvider } = place;
  const open = () =>
    database === null ? openStore(place) : openPostgresStore({ url: database, kekProvider });
  const store = await open();
  await store.createCollection(ME, COLLECTION);
  await store.close();
  const old = join(folder, 'fixture');
  if (database === null) await createOldStore(old, kekProvider);

  const expectation = new Expectation(folder, database === null ? place : null, open);
  let child = startChild(folder, random, database);
  for (let run = 0; run < runs; run++) {
    await rm(join(folder, 'old'), { recursive: true, force: true });
    if (database === null) await cp(old, join(folder, 'old'), { recursive: true });
    const { acknowledged, struck } = await child.runAndKill(
      Math.floor(random() * OPERATIONS),
      random() ** 2 * LATEST_MS,
    );
    // The next one starts up while this one's store is examined.
    child = startChild(folder, random, database);
    const happened = await expectation.examine(acknowledged, struck);
    tally.runs += 1;
    tally.acknowledged += acknowledged.length;
    if (struck !== null) {
      const count = (tally.struck[struck.op] ??= { times: 0, happened: 0 });
      count.times += 1;
      count.happened += happened ? 1 : 0;
    }
    for (const file of await readdir(folder)) {
      if (file.includes('.backup')) await rm(join(folder, file));
    }
    onRun(tally);
  }
  child.kill();
}

function startChild(folder: string, random: () => number, database: string | null) {
  const seed = String(Math.floor(random() * 2 ** 31));
  const args = [CHILD, folder, seed, ...(database === null ? [] : [database])];
  const child: ChildProcess = spawn(process.execPath, args, {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { ...process.env, NODE_COMPILE_CACHE: join(folder, 'compiled') },
  });
  let complaint = '';
  child.stderr!.on('data', (chunk: Buffer) => void (complaint += chunk.toString()));
  const lines = createInterface(child.stdout!)[Symbol.asyncIterator]();
  const read = async (): Promise<Message | null> => {
    const { value, done } = await lines.next();
    if (done === true) return null;
    try {
      return Message.parse(JSON.parse(value));
    } catch {
      // The kill cut the line short.
      return null;
    }
  };
  return {
    kill: () => child.kill('SIGKILL'),
    /**
     * @param operation the one after whose beginning the kill comes, from 1; 0: the start
     * @returns what was acknowledged, and what had been begun but not acknowledged
     */
    async runAndKill(
      operation: number,
      afterMs: number,
    ): Promise<{ acknowledged: Operation[]; struck: Operation | null }> {
      await read();
      child.stdin!.write('go\n');
      const ended = new Promise<NodeJS.Signals | null>((resolve) => {
        child.once('close', (_code, signal) => resolve(signal));
      });
      let begun = 0;
      const kill: { sent: Promise<boolean> | null } = { sent: null };
      const killWhenDue = (): void => {
        if (begun === operation) kill.sent ??= sleep(afterMs).then(() => child.kill('SIGKILL'));
      };
      killWhenDue();
      const acknowledged: Operation[] = [];
      let struck: Operation | null = null;
      for (let message = await read(); message !== null; message = await read()) {
        if (message.when === 'before') {
          struck = message.operation;
          begun++;
          killWhenDue();
        }
        if (message.when === 'after' && struck !== null) {
          acknowledged.push(struck);
          struck = null;
        }
      }
      await kill.sent;
      if ((await ended) !== 'SIGKILL') throw new Error(`The child failed by itself: ${complaint}`);
      return { acknowledged, struck };
    },
  };
}

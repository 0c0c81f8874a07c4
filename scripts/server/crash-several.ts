import { setTimeout as sleep } from 'node:timers/promises';
import { createClient } from '../../client/index.ts';
import { Accounts } from '../../core/accounts/index.ts';
import { Devices } from '../../core/devices/index.ts';
import { seeded } from '../../core/matching/index.ts';
import type { SqlStore } from '../../core/store/index.ts';
import { exchange, joinServer, type Fetch } from '../../main/sync/index.ts';
import { feedMembership } from '../../test/sync/member.ts';
import { quantile } from '../bench/quantile.ts';
import { DrillClients, OWN, SHARED } from './drill-clients.ts';
import { Examination } from './drill-examination.ts';
import { Ledger } from './drill-ledger.ts';
import { kill, type Restartable } from './indexing.ts';

const CROWD = 200;

export type Victim = 'server' | 'database';

export interface CrashSeveralOptions {
  /** What is killed, one after the other. */
  readonly victims: readonly Victim[];
  readonly seed: number;
  /** Base 64, each of another person. */
  readonly pictures: readonly string[];
  readonly modelId: string;
  /** Start the first or the second server on the database. */
  readonly start: (number: 0 | 1) => Promise<Restartable>;
  /** Kill the database, all of it, and start it again. */
  readonly crashDatabase: () => Promise<void>;
  /** Of the servers, which no clients' calls go through. */
  readonly store: SqlStore;
  /** Of an appliance that joins them. */
  readonly appliance: SqlStore;
  readonly onRound?: (done: number, lost: number, doubled: number) => void;
  /** Ends it after the round that is under way. */
  readonly signal?: AbortSignal;
}

/** Milliseconds. */
interface Times {
  readonly p50: number;
  readonly max: number;
}

export interface CrashSeveralReport {
  readonly kills: Readonly<Record<Victim, number>>;
  /** Calls that were answered, and those of them that had been sent before without an answer. */
  readonly acknowledged: number;
  readonly repeated: number;
  /** Why they were sent again, by code. */
  readonly codes: Readonly<Record<string, number>>;
  /** Acknowledged faces that were gone, and faces beyond those. */
  readonly lost: number;
  readonly doubled: number;
  /** From the kill until what was killed serves again, and from being cut off until a call had its answer. */
  readonly restart: Readonly<Partial<Record<Victim, Times>>>;
  readonly waited: Times | null;
  /** How many faces, ever and at the end. */
  readonly enrolled: number;
  readonly present: number;
}

/**
 * Kills one of two servers, or their database, again and again while clients enrol, edit and delete by both and an appliance
 * follows; after each time looks whether all that was acknowledged is there, once.
 * @throws Error that says what is wrong
 */
export async function crashSeveral(options: CrashSeveralOptions): Promise<CrashSeveralReport> {
  const { victims, seed, pictures, start, crashDatabase, store, appliance, onRound, signal } = options;
  const random = seeded(seed);
  const servers: [Restartable, Restartable] = [await start(0), await start(1)];
  const { accountId } = (await new Accounts(store).list())[0]!;
  for (const collectionId of [OWN, SHARED]) await createClient(servers[0]).createCollection({ collectionId });
  const follow = await followerOf(options, accountId, servers);
  const ledger = new Ledger();
  ledger.enrolled(null, await enrolOnce(servers, pictures[0]!), SHARED);
  const clients = new DrillClients({ servers, pictures, random, ledger });
  const examination = new Examination(store, accountId, pictures.length);
  const restarts: Record<Victim, number[]> = { server: [], database: [] };
  let [lost, doubled] = [0, 0];
  for (const [round, victim] of victims.entries()) {
    if (signal?.aborted) break;
    const over = new AbortController();
    const working = clients.work(over.signal);
    const following = follow().catch(() => undefined);
    await sleep(100 + 400 * random());
    const killed = performance.now();
    if (victim === 'database') await crashDatabase();
    else {
      const number = round % 2 === 0 ? 0 : 1;
      await kill(servers[number], 'SIGKILL');
      servers[number] = await start(number);
    }
    restarts[victim].push(performance.now() - killed);
    over.abort();
    await Promise.all([working, following]);
    await follow();
    const found = await examination.examine(ledger, appliance);
    lost += found.lost;
    doubled += found.doubled;
    onRound?.(round + 1, lost, doubled);
  }
  await Promise.all(servers.map((server) => kill(server, 'SIGTERM')));
  const { waits, codes } = clients.repetitions;
  return {
    kills: { server: restarts.server.length, database: restarts.database.length },
    acknowledged: ledger.acknowledged,
    repeated: waits.length,
    codes,
    lost,
    doubled,
    restart: {
      ...(restarts.server.length > 0 && { server: timesOf(restarts.server) }),
      ...(restarts.database.length > 0 && { database: timesOf(restarts.database) }),
    },
    waited: waits.length > 0 ? timesOf(waits) : null,
    enrolled: ledger.everybody.size,
    present: ledger.faces.size,
  };
}

/** Very many search for one new person at the same time, by both servers. @returns who was enrolled, once */
async function enrolOnce(servers: readonly Restartable[], bytes: string): Promise<string> {
  const clients = servers.map(({ origin, apiKey }) =>
    createClient({ origin, apiKey, timeoutMilliseconds: 600_000 }),
  );
  const asked = { collectionId: SHARED, image: { bytes }, faceMatchThreshold: 80 };
  const calls = Array.from({ length: CROWD }, (_, i) => clients[i % 2]!.searchOrIndexFace(asked));
  const answers = await Promise.all(calls);
  const [faceId, ...others] = new Set(answers.map((answer) => answer.faceId ?? ''));
  const enrolments = answers.filter(({ resultSource }) => resultSource === 'Index').length;
  if (others.length > 0 || enrolments !== 1) {
    throw new Error(`${CROWD} who asked at the same time got ${others.length + 1} faces.`);
  }
  return faceId!;
}

const timesOf = (values: number[]): Times => ({
  p50: Math.round(quantile(values, 0.5)),
  max: Math.round(Math.max(...values)),
});

/** Joins the servers. @returns one exchange, by whichever of them answers */
async function followerOf(
  { store, appliance, modelId }: CrashSeveralOptions,
  accountId: string,
  servers: readonly Restartable[],
): Promise<() => Promise<unknown>> {
  let turn = 0;
  const toOne: Fetch = (url, init) => {
    const { origin } = servers[turn % servers.length]!;
    return fetch(new URL(url.pathname + url.search, origin), init);
  };
  const { code } = await new Devices(store).invite(accountId);
  await joinServer(appliance, { origin: servers[0]!.origin, fetch: toOne }, code, 'appliance');
  const options = {
    store: appliance,
    modelId: () => modelId,
    version: 'drill',
    dropSentImages: () => false,
    mostUnasked: () => Number.MAX_SAFE_INTEGER,
    fetch: toOne,
  };
  return async () => {
    turn += 1;
    return await exchange(options, await feedMembership(appliance), new AbortController().signal, () => {});
  };
}

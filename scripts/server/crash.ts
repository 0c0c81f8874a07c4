import { setTimeout as sleep } from 'node:timers/promises';
import { createClient } from '../../client/index.ts';
import { seeded } from '../../core/matching/index.ts';
import { fileKekProvider, openStore } from '../../core/store/index.ts';
import { Accounts } from '../../core/accounts/index.ts';

/** A server process that can be killed and started again on the same folder. */
export interface Restartable {
  readonly origin: string;
  readonly apiKey: string;
  readonly process: {
    kill(signal: NodeJS.Signals): boolean;
    once(event: 'exit', listener: () => void): unknown;
  };
}

export interface CrashOptions {
  readonly rounds: number;
  readonly seed: number;
  /** Base 64. */
  readonly image: string;
  readonly start: () => Promise<Restartable>;
  readonly data: string;
  readonly keyFile: string;
  readonly onRound?: (round: number) => void;
}

export interface CrashReport {
  /** Index calls that were answered before a kill, and those that were not and were sent again afterwards. */
  readonly acknowledged: number;
  readonly repeated: number;
  /** Acknowledged faces that were gone after a restart. */
  readonly lost: number;
  /** Faces beyond one per call. */
  readonly doubled: number;
}

const collectionId = 'crash';
const CLIENTS = 4;

/** Kills a server with SIGKILL while it indexes, again and again, and looks for what it had acknowledged. */
export async function crash(options: CrashOptions): Promise<CrashReport> {
  const { rounds, seed, image, start, data, keyFile, onRound } = options;
  const random = seeded(seed);
  const acknowledged = new Map<string, string>();
  let pending: string[] = [];
  let repeated = 0;
  let number = 0;
  for (let round = 0; round <= rounds; round++) {
    onRound?.(round);
    const server = await start();
    const client = createClient({ origin: server.origin, apiKey: server.apiKey });
    if (round === 0) await client.createCollection({ collectionId });
    const index = async (key: string): Promise<void> => {
      const { faceId } = await client.indexFace(
        { collectionId, image: { bytes: image } },
        { idempotencyKey: key },
      );
      acknowledged.set(key, faceId ?? '');
    };
    // What was not answered before the kill is sent again: done then or now, but once.
    repeated += pending.length;
    await Promise.all(pending.map(index));
    pending = [];
    if (round === rounds) {
      await kill(server, 'SIGTERM');
      break;
    }
    const killed = new AbortController();
    const work = async (): Promise<void> => {
      while (!killed.signal.aborted) {
        const key = `call-${number++}`;
        await index(key).catch(() => pending.push(key));
      }
    };
    const working = Array.from({ length: CLIENTS }, work);
    await sleep(100 + 400 * random());
    killed.abort();
    await kill(server, 'SIGKILL');
    await Promise.all(working);
  }

  const present = await faceIds(data, keyFile);
  const calls = [...acknowledged.values()];
  return {
    acknowledged: calls.length,
    repeated,
    lost: calls.filter((faceId) => !present.has(faceId)).length,
    doubled: present.size - new Set(calls).size,
  };
}

export async function kill({ process }: Restartable, signal: NodeJS.Signals): Promise<void> {
  const exited = new Promise<void>((resolve) => void process.once('exit', resolve));
  process.kill(signal);
  await exited;
}

async function faceIds(data: string, keyFile: string): Promise<ReadonlySet<string>> {
  const store = await openStore({ dir: data, kekProvider: fileKekProvider(keyFile) });
  try {
    const [account] = await new Accounts(store).list();
    const { faces } = await store.listFaces(account?.accountId ?? '', collectionId);
    return new Set(faces.map(({ faceId }) => faceId));
  } finally {
    await store.close();
  }
}

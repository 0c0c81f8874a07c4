import { createClient } from '../../client/index.ts';
import { seeded } from '../../core/matching/index.ts';
import { fileKekProvider, openStore } from '../../core/store/index.ts';
import { Accounts } from '../../core/accounts/index.ts';
import { collectionId, indexingClients, keptOf, kill, type Kept, type Restartable } from './indexing.ts';

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

export interface CrashReport extends Kept {
  /** Calls that a kill left without an answer, and that were sent again afterwards. */
  readonly repeated: number;
}

/** Kills a server with SIGKILL while it indexes, again and again, and looks for what it had acknowledged. */
export async function crash(options: CrashOptions): Promise<CrashReport> {
  const { rounds, seed, image, start, data, keyFile, onRound } = options;
  const random = seeded(seed);
  const acknowledged = new Map<string, string>();
  let pending: string[] = [];
  let repeated = 0;
  const whileIndexing = indexingClients(random);
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
    const tryToIndex = (key: string): Promise<void> =>
      index(key).catch(() => {
        pending.push(key);
      });
    await whileIndexing(tryToIndex, async (stop) => {
      stop();
      await kill(server, 'SIGKILL');
    });
  }
  return { repeated, ...keptOf(acknowledged, await faceIds(data, keyFile)) };
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

import { setTimeout as sleep } from 'node:timers/promises';
import { createClient } from '../../client/index.ts';
import { LintelError } from '../../contract/index.ts';
import { seeded } from '../../core/matching/index.ts';
import { collectionId, indexingClients, keptOf, kill, type Kept, type Restartable } from './indexing.ts';

export interface CrashSeveralOptions {
  readonly rounds: number;
  readonly seed: number;
  /** Base 64. */
  readonly image: string;
  /** Start the first or the second server on the database. */
  readonly start: (number: 0 | 1) => Promise<Restartable>;
  /** Kill the database and start it again; null: a server is killed, one after the other. */
  readonly crashDatabase: (() => Promise<void>) | null;
  /** All that are in the database. */
  readonly faceIds: () => Promise<ReadonlySet<string>>;
  readonly onRound?: (round: number) => void;
}

export interface CrashSeveralReport extends Kept {
  /** Calls that were sent again, in turn to each server, and why, by code. */
  readonly repeated: Record<string, number>;
}

/** Kills one of two servers, or their database, while clients index by both, who send again to the other what was cut off. */
export async function crashSeveral(options: CrashSeveralOptions): Promise<CrashSeveralReport> {
  const { rounds, seed, image, start, crashDatabase, faceIds, onRound } = options;
  const random = seeded(seed);
  const servers: [Restartable, Restartable] = [await start(0), await start(1)];
  const acknowledged = new Map<string, string>();
  const repeated: Record<string, number> = {};
  const clientOf = (at: number) => {
    const { origin, apiKey } = servers[at % 2]!;
    return createClient({ origin, apiKey });
  };
  await clientOf(0).createCollection({ collectionId });

  const index = async (key: string): Promise<void> => {
    for (let at = random() < 0.5 ? 0 : 1; ; at++) {
      try {
        const asked = { collectionId, image: { bytes: image } };
        const { faceId } = await clientOf(at).indexFace(asked, { idempotencyKey: key });
        acknowledged.set(key, faceId ?? '');
        return;
      } catch (error) {
        const code = error instanceof LintelError ? error.code : (error as Error).name;
        repeated[code] = (repeated[code] ?? 0) + 1;
        await sleep(50);
      }
    }
  };
  const whileIndexing = indexingClients(random);
  for (let round = 0; round < rounds; round++) {
    onRound?.(round);
    await whileIndexing(index, async (stop) => {
      if (crashDatabase === null) {
        const victim = round % 2 === 0 ? 0 : 1;
        await kill(servers[victim], 'SIGKILL');
        servers[victim] = await start(victim);
      } else await crashDatabase();
      stop();
    });
  }
  await Promise.all(servers.map((server) => kill(server, 'SIGTERM')));
  return { repeated, ...keptOf(acknowledged, await faceIds()) };
}

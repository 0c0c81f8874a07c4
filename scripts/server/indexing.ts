import { setTimeout as sleep } from 'node:timers/promises';

/** A server process that can be killed and started again on the same store. */
export interface Restartable {
  readonly origin: string;
  readonly apiKey: string;
  readonly process: {
    kill(signal: NodeJS.Signals): boolean;
    once(event: 'exit', listener: () => void): unknown;
  };
}

/** What became of faces that were acknowledged. */
export interface Kept {
  readonly acknowledged: number;
  /** Acknowledged faces that were gone at the end, and faces beyond one per call. */
  readonly lost: number;
  readonly doubled: number;
}

export const collectionId = 'crash';
const CLIENTS = 4;

export async function kill({ process }: Restartable, signal: NodeJS.Signals): Promise<void> {
  const exited = new Promise<void>((resolve) => void process.once('exit', resolve));
  process.kill(signal);
  await exited;
}

/**
 * Clients that make one call after the other, each under an idempotency key that none had before.
 * @returns lets them begin, disturbs them a moment later, and waits for the calls under way; `stop` lets no other begin
 */
export function indexingClients(random: () => number) {
  let number = 0;
  return async (
    index: (key: string) => Promise<void>,
    disturb: (stop: () => void) => Promise<void>,
  ): Promise<void> => {
    const over = new AbortController();
    const work = async (): Promise<void> => {
      while (!over.signal.aborted) await index(`call-${number++}`);
    };
    const working = Array.from({ length: CLIENTS }, work);
    await sleep(100 + 400 * random());
    await disturb(() => over.abort());
    await Promise.all(working);
  };
}

/** @param acknowledged faces by the key of their call @param present all that the store has */
export function keptOf(acknowledged: ReadonlyMap<string, string>, present: ReadonlySet<string>): Kept {
  const calls = [...acknowledged.values()];
  return {
    acknowledged: calls.length,
    lost: calls.filter((faceId) => !present.has(faceId)).length,
    doubled: present.size - new Set(calls).size,
  };
}

import { createClient } from '#client';
import type { RunningServer } from '../../../test/support/server.ts';
import { quantile } from '../quantile.ts';

export interface HttpLoadOptions {
  readonly nodes: readonly Pick<RunningServer, 'origin' | 'apiKey'>[];
  readonly collections: readonly string[];
  /** In base 64. */
  readonly images: readonly string[];
  readonly clients: number;
  readonly seconds: number;
  readonly random: () => number;
}

export interface HttpLoad {
  readonly perSecond: number;
  /** Milliseconds. */
  readonly p50: number;
  readonly p99: number;
  readonly refused: number;
}

/** Clients that make one call after the other, each at its node, in a collection by chance. */
export async function httpLoad(
  call: 'searchFace' | 'indexFace',
  { nodes, collections, images, clients, seconds, random }: HttpLoadOptions,
): Promise<HttpLoad> {
  const times: number[] = [];
  let refused = 0;
  const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)]!;
  const start = performance.now();
  const work = async (number: number): Promise<void> => {
    const client = createClient({ ...nodes[number % nodes.length]!, timeoutMilliseconds: 120_000 });
    while (performance.now() - start < seconds * 1000) {
      const sent = performance.now();
      try {
        await client[call]({ collectionId: pick(collections), image: { bytes: pick(images) } });
        times.push(performance.now() - sent);
      } catch {
        refused++;
      }
    }
  };
  await Promise.all(Array.from({ length: clients }, (_, number) => work(number)));
  const perSecond = times.length / ((performance.now() - start) / 1000);
  return { perSecond, p50: quantile(times, 0.5), p99: quantile(times, 0.99), refused };
}

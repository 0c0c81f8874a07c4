import { createClient } from '../../client/index.ts';
import { randomTemplate, seeded } from '../../core/matching/testing/random-templates.ts';
import type { Recognizer } from '../../core/recognition/index.ts';
import type { Store } from '../../core/store/index.ts';
import { quantile } from '../bench/quantile.ts';

export const LOAD_COLLECTION = 'load';

/** Faces added at once: they share what a durable change costs. */
const AT_ONCE = 64;

/** Fills a collection with made-up people. */
export async function fill(
  store: Store,
  account: string,
  { modelId, dimension }: Pick<Recognizer, 'modelId' | 'dimension'>,
  faces: number,
): Promise<void> {
  const random = seeded(1);
  await store.createCollection(account, LOAD_COLLECTION);
  const enrol = async (i: number): Promise<void> => {
    const template = randomTemplate(dimension, random);
    await store.addFace(account, LOAD_COLLECTION, {
      faceId: `face_${i.toString(16).padStart(32, '0')}`,
      references: [{ modelId, template, quality: 1, source: 'api' }],
    });
  };
  for (let i = 0; i < faces; i += AT_ONCE) {
    await Promise.all(Array.from({ length: Math.min(AT_ONCE, faces - i) }, (_, n) => enrol(i + n)));
  }
}

export interface LoadTarget {
  readonly origin: string;
  readonly apiKey: string;
}

export interface LoadResult {
  readonly call: string;
  readonly requests: number;
  readonly perSecond: number;
  /** Milliseconds. */
  readonly p50: number;
  readonly p99: number;
  /** The server's own measure of how late its event loop ran, in milliseconds. */
  readonly loopP99: number;
  readonly refused: number;
}

const CALLS = ['searchFace', 'indexFace', 'searchOrIndexFace'] as const;

export interface LoadOptions {
  /** For each call. */
  readonly seconds: number;
  readonly clients: number;
  /** Pictures in base 64. */
  readonly images: readonly string[];
  readonly calls?: readonly (typeof CALLS)[number][];
}

/** Calls some of the three in turn for some seconds each, from several clients at once. */
export async function load(
  server: LoadTarget,
  { seconds, clients, images, calls = CALLS }: LoadOptions,
): Promise<LoadResult[]> {
  const client = createClient({ ...server, timeoutMilliseconds: 120_000 });
  // The first search loads the collection into memory.
  await client.searchFace({ collectionId: LOAD_COLLECTION, image: { bytes: images[0] } });
  const results: LoadResult[] = [];
  for (const call of calls) {
    await loopP99(server);
    const times: number[] = [];
    let refused = 0;
    const start = performance.now();
    const work = async (number: number): Promise<void> => {
      for (let i = number; performance.now() - start < seconds * 1000; i++) {
        const sent = performance.now();
        try {
          await client[call]({ collectionId: LOAD_COLLECTION, image: { bytes: images[i % images.length] } });
          times.push(performance.now() - sent);
        } catch {
          refused++;
        }
      }
    };
    await Promise.all(Array.from({ length: clients }, (_, number) => work(number)));
    const perSecond = times.length / ((performance.now() - start) / 1000);
    results.push({
      call,
      requests: times.length,
      perSecond: round(perSecond),
      p50: round(quantile(times, 0.5)),
      p99: round(quantile(times, 0.99)),
      loopP99: round(await loopP99(server)),
      refused,
    });
  }
  return results;
}

export interface ResetResult {
  /** Seconds the reset took. */
  readonly seconds: number;
  /** Milliseconds that other calls took meanwhile. */
  readonly others: { readonly count: number; readonly p50: number; readonly p99: number };
  readonly loopP99: number;
}

/** Resets the collection, and asks for the list of collections over and over meanwhile. */
export async function reset(server: LoadTarget): Promise<ResetResult> {
  const client = createClient({ ...server, timeoutMilliseconds: 600_000 });
  await loopP99(server);
  const start = performance.now();
  const done = new AbortController();
  const resetting = client.resetCollection({ collectionId: LOAD_COLLECTION }).finally(() => done.abort());
  const times: number[] = [];
  while (!done.signal.aborted) {
    const sent = performance.now();
    await client.getAllCollections({});
    times.push(performance.now() - sent);
  }
  await resetting;
  return {
    seconds: round((performance.now() - start) / 1000),
    others: { count: times.length, p50: round(quantile(times, 0.5)), p99: round(quantile(times, 0.99)) },
    loopP99: round(await loopP99(server)),
  };
}

/** Since it was last asked for. */
async function loopP99({ origin, apiKey }: { origin: string; apiKey: string }): Promise<number> {
  const headers = { authorization: `ApiKey ${apiKey}` };
  const metrics = await (await fetch(`${origin}/metrics`, { headers })).text();
  const [, value] = /^nodejs_eventloop_lag_p99_seconds (\S+)/m.exec(metrics) ?? [];
  return Number(value) * 1000;
}

const round = (value: number): number => Number(value.toFixed(1));

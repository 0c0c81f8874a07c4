import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LintelError, type ErrorCode } from '#contract';
import type { FrameTrace } from '#core/liveness';
import { fileKekProvider, openStore, UnsyncedError, type Store } from '#core/store';
import { createFrameMemory, type FrameMemory } from './index.ts';

let dir: string;
let store: Store;
let memory: FrameMemory;
let images = 0;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'lintel-frames-'));
  store = await openStore({ dir, kekProvider: fileKekProvider(join(dir, 'key')) });
  memory = createFrameMemory(store);
});
afterEach(async () => {
  await store.close();
  await rm(dir, { recursive: true });
});

/** Two new frames. */
async function newVisit({ face = true } = {}): Promise<FrameTrace[]> {
  const traces: FrameTrace[] = [];
  for (let i = 0; i < 2; i++) {
    images += 1;
    const digest = await memory.digestOf(Buffer.from(`image ${images}`));
    traces.push({ digest, print: face ? Uint8Array.of(images) : null });
  }
  return traces;
}
const digestsOf = (traces: readonly FrameTrace[]): string[] => traces.map(({ digest }) => digest);
const printsOf = (traces: readonly FrameTrace[]): number[] =>
  traces.flatMap(({ print }) => [...(print ?? [])]);
const printsKnown = async (): Promise<number[]> => printsOf(await memory.enter([]));

async function grant(visit: readonly FrameTrace[]): Promise<void> {
  await memory.enter(visit);
  expect(await memory.claim(visit)).toBe(true);
}

describe('a granted visit', () => {
  it('is known again after a restart, by the digests of its frames alone', async () => {
    const visit = await newVisit();
    await grant(visit);
    const restarted = createFrameMemory(store);
    const [frame] = visit;
    expect(await restarted.enter([frame!])).toEqual([{ digest: frame!.digest, print: null }]);
    expect(await restarted.claim(visit)).toBe(false);
  });

  it('is pushed out by no visit that is not granted', async () => {
    const visit = await newVisit();
    await grant(visit);
    for (let i = 0; i < 20; i++) await memory.enter(await newVisit());
    expect(await printsKnown()).toEqual(expect.arrayContaining(printsOf(visit)));
  });

  it('takes each frame once, also when two are to be granted at the same moment', async () => {
    const [visit, other] = [await newVisit(), await newVisit()];
    const shared = [other[0]!, visit[1]!];
    expect(await Promise.all([memory.claim(visit), memory.claim(shared)])).toEqual([true, false]);
    expect(await memory.claim(other)).toBe(true);
  });

  it.each<ErrorCode>(['store-full', 'store-read-only', 'disk-failing', 'store-busy'])(
    'is remembered in memory while the disk takes nothing, and kept once it does: %s',
    async (refusal) => {
      let takesNothing = true;
      const waiting = createFrameMemory({
        sharedSecret: (name) => store.sharedSecret(name),
        grantedFrames: {
          among: (digests) => store.grantedFrames.among(digests),
          claim: async (digests) => {
            if (takesNothing) throw new LintelError(refusal);
            return await store.grantedFrames.claim(digests);
          },
        },
      });
      const visit = await newVisit();
      expect(await waiting.claim(visit)).toBe(true);
      expect(await waiting.claim(visit)).toBe(false);
      takesNothing = false;
      expect(await waiting.claim(await newVisit())).toBe(true);
      expect(await createFrameMemory(store).claim(visit)).toBe(false);
    },
  );
});

it('a granted visit that the disk has not confirmed is kept, and keeps no other from being granted', async () => {
  let confirms = false;
  const failing = createFrameMemory({
    sharedSecret: (name) => store.sharedSecret(name),
    grantedFrames: {
      among: (digests) => store.grantedFrames.among(digests),
      claim: async (digests) => {
        const result = await store.grantedFrames.claim(digests);
        if (confirms) return result;
        throw new UnsyncedError(new LintelError('disk-failing'), result);
      },
    },
  });
  const visit = await newVisit();
  expect(await failing.claim(visit)).toBe(true);
  expect(await failing.claim(visit)).toBe(false);
  expect(await failing.claim(await newVisit())).toBe(true);
  confirms = true;
  expect(await failing.claim(visit)).toBe(false);
  expect(await failing.claim(await newVisit())).toBe(true);
});

describe('other visits', () => {
  it('are remembered, the last eight with a face', async () => {
    const visits = [];
    for (let i = 0; i < 9; i++) visits.push(await newVisit());
    for (const visit of visits) await memory.enter(visit);
    expect(await printsKnown()).toEqual(printsOf(visits.slice(1).flat()));
  });

  it('without a face push nothing out', async () => {
    const visit = await newVisit();
    await memory.enter(visit);
    for (let i = 0; i < 20; i++) await memory.enter(await newVisit({ face: false }));
    expect(await printsKnown()).toEqual(printsOf(visit));
  });
});

describe('the digests in the store', () => {
  it('are keyed: no picture can be looked up without the store', async () => {
    const image = Buffer.from('a picture');
    const other = await openStore({ dir: join(dir, 'b'), kekProvider: fileKekProvider(join(dir, 'key-b')) });
    expect(await createFrameMemory(other).digestOf(image)).not.toBe(await memory.digestOf(image));
    expect(await createFrameMemory(store).digestOf(image)).toBe(await memory.digestOf(image));
    await other.close();
  });

  it('are those of the last frames', async () => {
    const digests = digestsOf([...(await newVisit()), ...(await newVisit())]).map((hex) =>
      Buffer.from(hex, 'hex'),
    );
    for (const digest of digests) await store.grantedFrames.claim([digest], 3);
    expect(await store.grantedFrames.among(digests)).toEqual(digests.slice(1));
  });
});

import type { FrameStore, Soundness } from '../stores.ts';
import { InMemory } from './in-memory.ts';

/** Nothing comes in that is no template. */
export class MemorySoundness extends InMemory implements Soundness {
  hold(account: string, modelId: string, length: number) {
    return this.place.write(({ lengths }) => void lengths.set(`${account} ${modelId}`, length));
  }

  async among() {
    return [];
  }

  inspect() {
    return this.place.read(({ references }) => {
      const all = [...references.values()].flatMap(({ templates }) => [...templates.values()]);
      return { templates: all.filter((template) => template !== null).length, unsound: [] };
    });
  }

  async repair() {
    return 0;
  }
}

/** More frames than so many are not kept. */
const FRAMES = 100_000;

const named = (digest: Uint8Array): string => Buffer.from(digest).toString('hex');

export class MemoryFrames extends InMemory implements FrameStore {
  among(digests: readonly Uint8Array[]) {
    return this.place.read(({ frames }) => digests.filter((digest) => frames.has(named(digest))));
  }

  claim(digests: readonly Uint8Array[], most = FRAMES) {
    return this.place.write(({ frames }) => {
      if (digests.some((digest) => frames.has(named(digest)))) return false;
      for (const digest of digests) frames.set(named(digest), true);
      for (const oldest of [...frames.keys()].slice(0, -most)) frames.delete(oldest);
      return true;
    });
  }
}

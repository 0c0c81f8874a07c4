import { StoreHead } from '#contract';
import { openDeviceKey } from '#core/audit';
import type { FrameStore, Lineage, Soundness } from '../stores.ts';
import type { MemoryPlace } from './memory-place.ts';

/** Ends with its process: there is no older copy that could come back, and nothing beside it to compare with. */
export class MemoryLineage implements Lineage {
  readonly #place: MemoryPlace;

  constructor(place: MemoryPlace) {
    this.#place = place;
  }

  async checkKept() {}
  async checkAnchor() {}
  async checkReceipts() {}
  async pending() {
    return null;
  }
  async require() {}
  async beginLife() {}
  async keep() {}

  anchor() {
    return this.#place.write(({ secrets }) => {
      const head = StoreHead.parse({ lineage: '', ...this.#place.checkpoint() });
      const key = openDeviceKey(secrets.get('device-key')!);
      return { ...head, signature: key.sign('audit-anchor', JSON.stringify(head)) };
    });
  }
}

/** Nothing comes in that is no template. */
export class MemorySoundness implements Soundness {
  readonly #place: MemoryPlace;

  constructor(place: MemoryPlace) {
    this.#place = place;
  }

  hold(account: string, modelId: string, length: number) {
    return this.#place.write(({ lengths }) => void lengths.set(`${account} ${modelId}`, length));
  }

  async among() {
    return [];
  }

  inspect() {
    return this.#place.read(({ references }) => {
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

export class MemoryFrames implements FrameStore {
  readonly #place: MemoryPlace;

  constructor(place: MemoryPlace) {
    this.#place = place;
  }

  among(digests: readonly Uint8Array[]) {
    return this.#place.read(({ frames }) => digests.filter((digest) => frames.has(named(digest))));
  }

  claim(digests: readonly Uint8Array[], most = FRAMES) {
    return this.#place.write(({ frames }) => {
      if (digests.some((digest) => frames.has(named(digest)))) return false;
      for (const digest of digests) frames.set(named(digest), true);
      for (const oldest of [...frames.keys()].slice(0, -most)) frames.delete(oldest);
      return true;
    });
  }
}

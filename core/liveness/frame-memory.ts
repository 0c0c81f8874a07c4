import { createHmac } from 'node:crypto';
import { isUnwritableNow, UnsyncedError } from '#core/store';
import type { FrameTrace } from './types.ts';

/** The store's secret that digests of frames are keyed with: a reader cannot find out by them which picture was shown. */
export const FRAMES_KEY = 'frames.key';

/** Visits whose prints are remembered, of granted ones and of others each. */
const VISITS = 8;

/**
 * Frames of earlier visits, at whatever screen: none may come back as another visit's evidence. The store keeps the
 * digests of granted visits. Prints are pictures of faces: they stay in memory.
 */
export interface FrameMemory {
  /** By which a frame is known again: HMAC-SHA-256 of the encoded image, hexadecimal. */
  digestOf(image: Uint8Array): Promise<string>;
  /** The frames of earlier visits whose prints are remembered. */
  remembered(): FrameTrace[];
  /** Remembers the frames of a visit, granted or not. @returns what is known of the frames of earlier ones */
  enter(frames: readonly FrameTrace[]): Promise<FrameTrace[]>;
  /** Forgets what it entered of a visit that is asked for more: the next one shows the same person a moment later. */
  withdraw(frames: readonly FrameTrace[]): void;
  /**
   * Keeps the frames of a visit that is about to be granted.
   * @returns false when one of them has granted a visit already
   */
  claim(frames: readonly FrameTrace[]): Promise<boolean>;
}

/** What the memory needs of a store. */
export interface FrameStore {
  sharedSecret(name: string): Promise<Uint8Array>;
  readonly grantedFrames: {
    among(digests: readonly Uint8Array[]): Promise<Uint8Array[]>;
    claim(digests: readonly Uint8Array[]): Promise<boolean>;
  };
}

export function createFrameMemory(store: FrameStore): FrameMemory {
  const granted: (readonly FrameTrace[])[] = [];
  const others: (readonly FrameTrace[])[] = [];
  /** Digests that the disk did not take. */
  const unkept = new Set<string>();

  const remembered = (): FrameTrace[] => [...granted, ...others].flat();

  /** @returns false when one of them was kept before */
  async function keep(digests: readonly string[]): Promise<boolean> {
    try {
      return await store.grantedFrames.claim(digests.map(bytesOf));
    } catch (error) {
      if (error instanceof UnsyncedError) return error.result === true;
      throw error;
    }
  }

  return {
    remembered,
    digestOf: async (image) =>
      createHmac('sha256', await store.sharedSecret(FRAMES_KEY))
        .update(image)
        .digest('hex'),
    withdraw(frames) {
      const at = others.indexOf(frames);
      if (at >= 0) others.splice(at, 1);
    },
    async enter(frames) {
      const earlier = remembered();
      // A visit without a face costs nothing: it pushes out no other.
      if (frames.some(({ print }) => print !== null)) push(others, frames);
      const known = await store.grantedFrames.among(frames.map(({ digest }) => bytesOf(digest)));
      return [
        ...earlier,
        ...known.map((digest) => ({ digest: Buffer.from(digest).toString('hex'), print: null })),
      ];
    },
    async claim(frames) {
      const digests = frames.map(({ digest }) => digest);
      if (digests.some((digest) => unkept.has(digest))) return false;
      try {
        if (!(await keep([...unkept, ...digests]))) return false;
        unkept.clear();
      } catch (error) {
        // Recognition goes on with a disk that is full, turned read-only, or fails.
        if (!isUnwritableNow(error)) throw error;
        for (const digest of digests) unkept.add(digest);
      }
      push(granted, frames);
      return true;
    },
  };
}

function push<T>(ring: T[], item: T): void {
  ring.push(item);
  if (ring.length > VISITS) ring.shift();
}

const bytesOf = (digest: string): Buffer => Buffer.from(digest, 'hex');

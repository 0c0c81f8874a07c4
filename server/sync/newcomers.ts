import { embedPending, type Gallery } from '#core/gallery';
import type { FaceRecord } from '#contract';
import type { Recognizer } from '#core/recognition';
import type { Store } from '#core/store';

export interface NewcomersOptions {
  readonly store: Store;
  readonly recognizer: Pick<Recognizer, 'modelId' | 'analyse'>;
  readonly galleryOf: (account: string) => Promise<Gallery>;
  readonly onError: (error: unknown) => void;
}

/** Faces that appliances enrolled, looked at by the server itself after it has answered. */
export interface Newcomers {
  /** Somebody came. Returns at once. */
  look(account: string, faces: readonly Pick<FaceRecord, 'collectionId' | 'faceId'>[]): void;
  /** Ends after the face at hand. */
  close(): Promise<void>;
}

/**
 * Makes templates of the server's own model where an appliance of another model sent a picture, drops the pictures it
 * no longer needs, and reports people who are enrolled twice. What a stop interrupts is taken up with the next face.
 */
export function createNewcomers({ store, recognizer, galleryOf, onError }: NewcomersOptions): Newcomers {
  const ending = new AbortController();
  let work: Promise<void> = Promise.resolve();

  const embed = async (account: string): Promise<void> => {
    await embedPending({ store, account, recognizer, signal: ending.signal });
    await store.dropEmbeddedImages(account, recognizer.modelId);
  };
  const report = async (account: string, collectionId: string, faceId: string): Promise<void> => {
    const gallery = await galleryOf(account);
    for (const other of await gallery.lookalikes(collectionId, faceId)) {
      await store.hub.suspectDuplicate(account, collectionId, [other.faceId, faceId], other.confidence);
    }
  };
  const after = async (before: Promise<void>, next: () => Promise<void>): Promise<void> => {
    await before;
    if (ending.signal.aborted) return;
    try {
      await next();
    } catch (error) {
      onError(error);
    }
  };

  return {
    look: (account, faces) => {
      if (faces.length === 0) return;
      work = after(work, () => embed(account));
      for (const { collectionId, faceId } of faces) {
        work = after(work, () => report(account, collectionId, faceId));
      }
    },
    close: async () => {
      ending.abort();
      await work;
    },
  };
}

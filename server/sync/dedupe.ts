import { toErrorBody } from '#contract';
import { embedPending, type Gallery } from '#core/gallery';
import type { Recognizer } from '#core/recognition';
import { Turns } from '#core/serial';
import type { DedupeEntry, SqlStore } from '#core/store';
import { Hub } from '#core/sync';

/** Whether an error says that the face was deleted meanwhile. */
const isGone = (error: unknown): boolean =>
  ['face-not-found', 'collection-not-found'].includes(toErrorBody(error).code);

/** Faces read from the queue, and templates committed, at once. */
const BATCH = 64;

export interface DedupeOptions {
  readonly store: SqlStore;
  readonly recognizer: Pick<Recognizer, 'modelId' | 'analyse'>;
  /** Whether pictures stay once there is a template of them. */
  readonly keepsImages: boolean;
  readonly galleryOf: (account: string) => Promise<Pick<Gallery, 'duplicatesOf'>>;
  readonly onError: (error: unknown) => void;
}

/** The server's search for duplicates of the faces that appliances enrolled; it runs after the server has answered. */
export interface Dedupe {
  /** Search for duplicates of the queued faces of an account. Returns at once. */
  look(account: string): void;
  /** Ends after the present face; the others stay queued in the store. */
  close(): Promise<void>;
}

/**
 * Makes templates of the server's own model where an appliance of another model sent a picture, drops the pictures it
 * no longer needs, and reports people who are enrolled twice.
 */
export function createDedupe({ store, recognizer, keepsImages, galleryOf, onError }: DedupeOptions): Dedupe {
  const hub = new Hub(store);
  const ending = new AbortController();
  const { signal } = ending;
  const turns = new Turns();
  const inTurn = (work: () => Promise<void>): Promise<void> => turns.take('dedupe', work);

  const embed = async (account: string): Promise<void> => {
    await embedPending({ store, account, recognizer, signal, atOnce: BATCH });
    if (!keepsImages) await store.dropEmbeddedImages(account, recognizer.modelId);
  };
  const compare = async (account: string): Promise<void> => {
    const gallery = await galleryOf(account);
    for (let last: DedupeEntry | undefined; ;) {
      const entries = await hub.dedupeQueue(account, BATCH, last);
      if (entries.length === 0) return;
      for (const entry of entries) {
        if (signal.aborted) return;
        await attempt(async () => {
          try {
            const duplicates = await gallery.duplicatesOf(entry.collectionId, entry.faceId);
            await hub.deduped(account, entry, duplicates);
          } catch (error) {
            if (!isGone(error)) throw error;
          }
        });
      }
      last = entries.at(-1);
    }
  };
  /** Runs a step. A failed step runs again when the next face comes, and stops no other face. */
  const attempt = async (step: () => Promise<void>): Promise<void> => {
    try {
      if (!signal.aborted) await step();
    } catch (error) {
      onError(error);
    }
  };

  return {
    look: (account) => {
      void inTurn(async () => {
        await attempt(() => embed(account));
        await attempt(() => compare(account));
      });
    },
    close: async () => {
      ending.abort();
      await inTurn(() => Promise.resolve());
    },
  };
}

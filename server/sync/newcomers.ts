import { toErrorBody } from '#contract';
import { embedPending, type Gallery } from '#core/gallery';
import type { Recognizer } from '#core/recognition';
import type { Newcomer, SqlStore } from '#core/store';
import { Hub } from '#core/sync';

/** Whether the face was deleted meanwhile. */
const isGone = (error: unknown): boolean =>
  ['face-not-found', 'collection-not-found'].includes(toErrorBody(error).code);

/** Newcomers asked for at once. */
const BATCH = 64;

export interface NewcomersOptions {
  readonly store: SqlStore;
  readonly recognizer: Pick<Recognizer, 'modelId' | 'analyse'>;
  /** Whether pictures stay once there is a template of them. */
  readonly keepsImages: boolean;
  readonly galleryOf: (account: string) => Promise<Pick<Gallery, 'lookalikes'>>;
  readonly onError: (error: unknown) => void;
}

/** Faces that appliances enrolled, looked at by the server itself after it has answered. */
export interface Newcomers {
  /** Looks for new faces of an account, also those that came before the server stopped. Returns at once. */
  look(account: string): void;
  /** Ends after the face at hand; the others wait in the store. */
  close(): Promise<void>;
}

/**
 * Makes templates of the server's own model where an appliance of another model sent a picture, drops the pictures it
 * no longer needs, and reports people who are enrolled twice.
 */
export function createNewcomers({
  store,
  recognizer,
  keepsImages,
  galleryOf,
  onError,
}: NewcomersOptions): Newcomers {
  const hub = new Hub(store);
  const ending = new AbortController();
  const { signal } = ending;
  let work: Promise<void> = Promise.resolve();

  const embed = async (account: string): Promise<void> => {
    await embedPending({ store, account, recognizer, signal });
    if (!keepsImages) await store.dropEmbeddedImages(account, recognizer.modelId);
  };
  const compare = async (account: string): Promise<void> => {
    const gallery = await galleryOf(account);
    for (let last: Newcomer | undefined; ;) {
      const newcomers = await hub.newcomers(account, BATCH, last);
      if (newcomers.length === 0) return;
      for (const newcomer of newcomers) {
        if (signal.aborted) return;
        await attempt(async () => {
          try {
            const lookalikes = await gallery.lookalikes(newcomer.collectionId, newcomer.faceId);
            await hub.compared(account, newcomer, lookalikes);
          } catch (error) {
            if (!isGone(error)) throw error;
          }
        });
      }
      last = newcomers.at(-1);
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
      work = work.then(() => attempt(() => embed(account))).then(() => attempt(() => compare(account)));
    },
    close: async () => {
      ending.abort();
      await work;
    },
  };
}

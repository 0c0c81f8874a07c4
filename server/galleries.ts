import type { FastifyBaseLogger } from 'fastify';
import { Gallery, type GalleryOptions } from '#core/gallery';
import type { Servers } from '#core/store';

/** One gallery per account, made when the account is first heard of: no request reaches another's, and each is recorded as its account's. */
export class Galleries {
  readonly #options: Omit<GalleryOptions, 'account'>;
  readonly #galleries = new Map<string, Promise<Gallery>>();

  constructor(options: Omit<GalleryOptions, 'account'>) {
    this.#options = options;
  }

  /** A gallery that did not open is opened again for the next who asks. @throws what the store throws, such as `store-busy` */
  of(account: string): Promise<Gallery> {
    let gallery = this.#galleries.get(account);
    if (gallery === undefined) {
      const store = this.#options.store.as(`api:${account}`);
      gallery = Gallery.open({ ...this.#options, store, account });
      this.#galleries.set(account, gallery);
      gallery.catch(() => this.#galleries.delete(account));
    }
    return gallery;
  }

  /**
   * Take over what others changed in collections that are in memory before they are asked for again. One look at a time for each
   * collection, and another after it for all that was told meanwhile.
   */
  followHints(servers: Servers, log: FastifyBaseLogger): void {
    const waiting = new Set<string>();
    const looking = new Set<string>();
    const look = async (account: string, collectionId: string, name: string): Promise<void> => {
      looking.add(name);
      try {
        while (waiting.delete(name)) await (await this.#galleries.get(account))?.release(collectionId);
      } catch (error) {
        log.warn({ err: error }, 'a collection is looked at again when it is asked for');
      }
      looking.delete(name);
    };
    servers.whenChanged((account, collectionId) => {
      const name = `${account}\n${collectionId}`;
      if (!this.#galleries.has(account)) return;
      waiting.add(name);
      if (!looking.has(name)) void look(account, collectionId, name);
    });
  }
}

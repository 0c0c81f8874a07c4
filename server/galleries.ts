import { Gallery, type GalleryOptions } from '#core/gallery';

/** One gallery per account, made when the account is first heard of: no request reaches another's, and each is recorded as its account's. */
export class Galleries {
  readonly #options: Omit<GalleryOptions, 'account'>;
  readonly #galleries = new Map<string, Promise<Gallery>>();

  constructor(options: Omit<GalleryOptions, 'account'>) {
    this.#options = options;
  }

  of(account: string): Promise<Gallery> {
    let gallery = this.#galleries.get(account);
    if (gallery === undefined) {
      const store = this.#options.store.as(`api:${account}`);
      gallery = Gallery.open({ ...this.#options, store, account });
      this.#galleries.set(account, gallery);
    }
    return gallery;
  }
}

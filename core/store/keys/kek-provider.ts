import type { KeptHeads } from './kept-heads.ts';

/**
 * Where the key-encryption key lives: a key file, the operating system's keychain. It only ever sees the 32 bytes of
 * a data key on their way in and out.
 */
export interface KekProvider {
  /** Which kind sealed a store; a store is opened by the kind that sealed it. */
  readonly kind: string;
  /** Where the last head of a store's audit log is kept beside the key; null: nowhere. */
  readonly heads: KeptHeads | null;
  /** The folder in which keys of epochs are kept, sealed by this provider; null: nowhere. */
  readonly epochs: string | null;
  /**
   * Seal the data key of a store that is being created. The only call that may make a key-encryption key.
   * @throws `store-key-exposed`, `store-key-wrong`, `store-key-missing`, `store-key-unprotected`
   */
  wrap(dataKey: Buffer): Promise<Buffer>;
  /**
   * Open what {@link wrap} sealed.
   * @throws `store-key-missing`, `store-key-wrong`, `store-key-exposed`, `store-key-unprotected`
   */
  unwrap(sealed: Buffer): Promise<Buffer>;
}

export { fileKeyProvider } from './key-file.ts';
export type { KeyProvider } from './key-provider.ts';
export { openStore, type StoreOptions } from './open-store.ts';
export { passphraseKeyProvider, PASSPHRASE_LENGTH } from './passphrase.ts';
export * from './types.ts';

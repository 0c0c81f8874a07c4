export type { Account, AccountTable, NewKey, StoredKey } from './account-table.ts';
export { fileKeyProvider } from './key-file.ts';
export type { KeyProvider } from './key-provider.ts';
export { openStore, type StoreOptions } from './open-store.ts';
export type { Reply, ReplyTable } from './reply-table.ts';
export * from './types.ts';

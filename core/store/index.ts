export { WEBHOOK_LIMITS } from './tables/webhook-table.ts';
export { makeDataFolder, requirePlainFiles } from './disk/data-folder.ts';
export { makeFolder, replaceDurably } from './disk/files.ts';
export { headsIn, type KeptHeads } from './keys/kept-heads.ts';
export { createKeyFile, epochsBeside, fileKekProvider, headsBeside } from './keys/key-file.ts';
export type { KekProvider } from './keys/kek-provider.ts';
export { seal, unseal } from './keys/seal.ts';
export { moveStore } from './move.ts';
export { edited, notedOver } from './noted.ts';
export { hasStore, openStore, type StoreOptions } from './open-store.ts';
export { passphraseKekProvider, PASSPHRASE_LENGTH } from './keys/passphrase.ts';
export { asOperator } from './tables/operator-at-work.ts';
export { KEPT_REPLIES } from './tables/reply-table.ts';
export { RESERVE_BYTES } from './disk/room.ts';
export { claimDataFolder, type Claim } from './disk/running.ts';
export { rotateDataKey, rotateKeyEncryptionKey } from './rotate.ts';
export { storeIdOf } from './tables/lineage.ts';
export type { DedupeEntry } from './tables/dedupe-table.ts';
export type { PendingOperation, PendingOperationOf } from './tables/outbox.ts';
export type { Asked, ReplicaState } from './tables/replica-table.ts';
export type { LateTemplate } from './tables/references.ts';
export type { RemoteFace } from './tables/remote-faces.ts';
export type { Manner } from './tables/held-removals.ts';
export type { Place } from './tables/faces.ts';
export type { Parts } from './parts.ts';
export type { EpochUpkeep } from './engine.ts';
export {
  OnlyServer,
  LocalRates,
  type Holdings,
  type Nodes,
  type Rates,
  type ServerNode,
  type Servers,
} from './servers.ts';
export type { SqlStore } from './sql-store.ts';
export type { ReadTx, WriteTx } from './sql/transactions.ts';
export { storeInFile } from './store-in-file.ts';
export type * from './server-records.ts';
export type * from './site-stores.ts';
export type * from './stores.ts';
export * from './records.ts';
export type { Store } from './store.ts';
export { isReadOnlyDisk } from './disk/read-only.ts';
export {
  asLintelError,
  evenUnsynced,
  isUnwritable,
  isUnwritableNow,
  UnsyncedError,
} from './disk/sqlite-errors.ts';
export { toTemplate } from './disk/rows.ts';
export { unwritable } from './disk/unwritable.ts';

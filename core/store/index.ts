export type { Account, AccountTable, NewKey, StoredKey } from './tables/account-table.ts';
export type { Delivery, Webhook, WebhookTable } from './tables/webhook-table.ts';
export { WEBHOOK_LIMITS } from './tables/webhook-table.ts';
export type { Users } from './users.ts';
export type { Usage, UsageTable } from './tables/usage-table.ts';
export { makeDataFolder, requirePlainFiles } from './disk/data-folder.ts';
export { makeFolder, replaceDurably } from './disk/files.ts';
export { headsIn, type KeptHeads } from './keys/kept-heads.ts';
export { createKeyFile, fileKeyProvider, headsBeside } from './keys/key-file.ts';
export type { Lineage } from './tables/lineage.ts';
export type { KeyProvider } from './keys/key-provider.ts';
export { openStore, type StoreOptions } from './open-store.ts';
export { passphraseKeyProvider, PASSPHRASE_LENGTH } from './keys/passphrase.ts';
export { KEPT_REPLIES, type Reply, type ReplyTable } from './tables/reply-table.ts';
export { RESERVE_BYTES } from './disk/room.ts';
export { claimDataFolder, type Claim } from './disk/running.ts';
export { rotateDataKey, rotateKeyEncryptionKey } from './rotate.ts';
export {
  type DeviceTable,
  type DeviceTotals,
  type Invitation,
  type StoredDevice,
} from './tables/device-table.ts';
export type { Newcomer } from './tables/newcomers.ts';
export type { Waiting, WaitingOf } from './tables/outbox.ts';
export type { Asked, ReplicaState } from './tables/replica-table.ts';
export type { RemoteFace } from './tables/remote-faces.ts';
export type { Manner } from './tables/held-removals.ts';
export type { Place } from './tables/faces.ts';
export type { Parts } from './parts.ts';
export type { SqlStore } from './sql-store.ts';
export type { ReadTx, WriteTx } from './file/transactions.ts';
export { SqliteStore } from './sqlite-store.ts';
export * from './records.ts';
export type { UnsoundTemplate } from './tables/biometrics.ts';
export type { Store } from './store.ts';
export { isReadOnlyDisk } from './disk/read-only.ts';
export { asLintelError, isUnwritable } from './disk/sqlite-errors.ts';
export { toTemplate } from './disk/rows.ts';
export { unwritable } from './disk/unwritable.ts';

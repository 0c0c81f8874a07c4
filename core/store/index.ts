export type { Account, AccountTable, NewKey, StoredKey } from './tables/account-table.ts';
export { createBackup, readBackup, verifyBackup, type BackupReport } from './backup/backup.ts';
export type { Delivery, Webhook, WebhookTable } from './tables/webhook-table.ts';
export { WEBHOOK_LIMITS } from './tables/webhook-table.ts';
export type { Users } from './users.ts';
export type { Usage, UsageTable } from './tables/usage-table.ts';
export { makeDataFolder, requirePlainFiles } from './disk/data-folder.ts';
export { makeFolder, replaceDurably } from './disk/files.ts';
export { inspectStore } from './backup/inspect.ts';
export { headsIn, type KeptHeads } from './keys/kept-heads.ts';
export { createKeyFile, fileKeyProvider, headsBeside } from './keys/key-file.ts';
export type { Lineage } from './tables/lineage.ts';
export type { KeyProvider } from './keys/key-provider.ts';
export { openStore, type StoreOptions } from './open-store.ts';
export { passphraseKeyProvider, PASSPHRASE_LENGTH } from './keys/passphrase.ts';
export { KEPT_REPLIES, type Reply, type ReplyTable } from './tables/reply-table.ts';
export { restoreBackup, type RestoreOptions } from './backup/restore.ts';
export { RESERVE_BYTES } from './disk/room.ts';
export { claimDataFolder, type Claim } from './disk/running.ts';
export { rotateDataKey, rotateKeyEncryptionKey } from './backup/rotate.ts';
export {
  type DeviceTable,
  type DeviceTotals,
  type Invitation,
  type StoredDevice,
} from './tables/device-table.ts';
export type { Attempt, DocumentedReplica } from './sync/documented-replica.ts';
export type { Hub } from './sync/hub.ts';
export type { Newcomer } from './tables/newcomers.ts';
export type { Waiting } from './tables/outbox.ts';
export type { Replica, ReplicaState } from './sync/replica.ts';
export * from './records.ts';
export type { UnsoundTemplate } from './tables/biometrics.ts';
export type { Store } from './store.ts';
export { isReadOnlyDisk } from './disk/read-only.ts';
export { isUnwritable } from './disk/sqlite-errors.ts';
export { unwritable } from './disk/unwritable.ts';

export { createBackup, readBackup, verifyBackup, type BackupReport } from './backup.ts';
export { fileKeyProvider } from './key-file.ts';
export type { KeyProvider } from './key-provider.ts';
export { openStore, type StoreOptions } from './open-store.ts';
export { passphraseKeyProvider, PASSPHRASE_LENGTH } from './passphrase.ts';
export { restoreBackup, type RestoreOptions } from './restore.ts';
export { rotateDataKey, rotateKeyEncryptionKey } from './rotate.ts';
export * from './types.ts';

export { createBackup, readBackup, verifyBackup, type BackupReport } from './backup.ts';
export { inspectStore } from './inspect.ts';
export { restoreBackup, type RestoreOptions } from './restore.ts';
export type { RevokedAgain } from './revoked.ts';

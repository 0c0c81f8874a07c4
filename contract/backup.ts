import { z } from 'zod';
import { AuditHead, PublicKey } from './audit.ts';

/** First line of a backup file; the encrypted database follows. */
export const BackupHeader = z.strictObject({
  backup: z.literal('lintel-backup-1'),
  createdAt: z.iso.datetime(),
  /** Version of the database's schema. */
  schema: z.int().positive(),
  faces: z.int().nonnegative(),
  /** SHA-256 of the contents; equal to that of the store at the moment of the backup. */
  stateHash: z.string().regex(/^[0-9a-f]{64}$/),
  audit: AuditHead,
  /** The key of the backup as this kind of key provider sealed it. */
  provider: z.string(),
  sealedKey: z.base64(),
  /** SHA-256 of everything after this line. */
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  publicKey: PublicKey,
  /** Over the JSON text of all other members in this order. */
  signature: z.string().regex(/^[0-9a-f]{128}$/),
});
export type BackupHeader = z.infer<typeof BackupHeader>;

import { z } from 'zod';
import type { ErrorCode } from './errors.ts';

/**
 * The codes that a server refuses a message with. An appliance believes no other: one such as `sync-not-joined` or `store-full` would
 * pass for something that only the appliance itself can know.
 */
export const SyncRefusal = z.enum([
  'usage',
  'message-malformed',
  'body-too-large',
  'request-timeout',
  'rate-limited',
  'busy',
  'sync-protocol',
  'pairing-code-invalid',
  'device-revoked',
  'session-unknown',
  'session-used',
  'session-model',
  'session-result-invalid',
] as const satisfies readonly ErrorCode[]);

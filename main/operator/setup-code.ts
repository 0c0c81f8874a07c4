import { createHmac, randomBytes, randomInt, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import { SETUP_CODE_LENGTH } from '#contract';

/**
 * What the store keeps of a set-up code. A fast hash will do, unlike for a PIN: the code is random and good for one use,
 * and a process that can read the store does not need it.
 */
export const SetupCodeHash = z.strictObject({ salt: z.base64(), hash: z.base64() });
export type SetupCodeHash = z.infer<typeof SetupCodeHash>;

/** @returns random digits, and what is kept of them */
export function makeSetupCode(): { code: string; kept: SetupCodeHash } {
  const code = Array.from({ length: SETUP_CODE_LENGTH }, () => randomInt(10)).join('');
  const salt = randomBytes(16);
  return { code, kept: { salt: salt.toString('base64'), hash: hash(salt, code).toString('base64') } };
}

/** The text that shows a set-up code at the console. */
export const setupCodeText = (code: string): string =>
  `Set-up code, shown only now: ${code.slice(0, code.length / 2)} ${code.slice(code.length / 2)}`;

/** Compares in constant time. Spaces do not count: the code is printed with one. */
export function isSetupCode(given: string, { salt, hash: expected }: SetupCodeHash): boolean {
  const actual = hash(Buffer.from(salt, 'base64'), given.replaceAll(' ', ''));
  return timingSafeEqual(actual, Buffer.from(expected, 'base64'));
}

const hash = (salt: Uint8Array, code: string): Buffer => createHmac('sha256', salt).update(code).digest();

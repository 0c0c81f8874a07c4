import { randomBytes, scrypt as scryptWithCallback, type ScryptOptions } from 'node:crypto';
import { promisify } from 'node:util';
import { z } from 'zod';
import { LintelError } from '#contract';
import { KEY_BYTES, seal, unseal } from './seal.ts';
import type { KeptHeads } from './kept-heads.ts';
import type { KekProvider } from './kek-provider.ts';

const scrypt = promisify<Buffer, Buffer, number, ScryptOptions, Buffer>(scryptWithCallback);

/** 128 MB and a few tenths of a second: OWASP's Password Storage Cheat Sheet, 2024. */
const COST = { N: 2 ** 17, r: 8, p: 1 } as const;

/** Fewest characters: an attacker with a copy of the store can try out all shorter passphrases. */
export const PASSPHRASE_LENGTH = 12;

const Sealed = z.strictObject({
  /** At most what a reader is willing to compute. */
  N: z
    .int()
    .min(2)
    .max(2 ** 20),
  r: z.int().min(1).max(32),
  p: z.int().min(1).max(16),
  salt: z.base64(),
  sealed: z.base64(),
});

/**
 * A key-encryption key derived from a passphrase (scrypt, RFC 7914). The cost is kept with the sealed key, so that it
 * may rise later.
 * @param read asked for each use; the buffer is wiped afterwards
 * @throws (from its calls) LintelError `store-key-missing` for a passphrase under {@link PASSPHRASE_LENGTH} bytes,
 *   `store-key-wrong`
 */
export function passphraseKekProvider(
  read: () => Promise<Buffer>,
  cost: { readonly N: number; readonly r: number; readonly p: number } = COST,
  heads: KeptHeads | null = null,
  epochs: string | null = null,
): KekProvider {
  return {
    kind: 'passphrase',
    heads,
    epochs,
    wrap: async (dataKey) => {
      const salt = randomBytes(16);
      const sealed = await withKek(read, salt, cost, (kek) => seal(kek, dataKey));
      const stored = { ...cost, salt: salt.toString('base64'), sealed: sealed.toString('base64') };
      return Buffer.from(JSON.stringify(stored));
    },
    unwrap: async (sealed) => {
      const { salt, sealed: inner, ...stored } = Sealed.parse(JSON.parse(sealed.toString('utf8')));
      const dataKey = await withKek(read, Buffer.from(salt, 'base64'), stored, (kek) =>
        unseal(kek, Buffer.from(inner, 'base64')),
      );
      if (dataKey === null) throw new LintelError('store-key-wrong', '(passphrase)');
      return dataKey;
    },
  };
}

async function withKek<T>(
  read: () => Promise<Buffer>,
  salt: Buffer,
  { N, r, p }: { N: number; r: number; p: number },
  use: (kek: Buffer) => T,
): Promise<T> {
  const passphrase = await read();
  try {
    if (passphrase.length < PASSPHRASE_LENGTH) {
      throw new LintelError('store-key-missing', `(a passphrase has at least ${PASSPHRASE_LENGTH} bytes)`);
    }
    // scrypt needs 128 N r bytes; Node refuses above 32 MB unless told.
    const kek = await scrypt(passphrase, salt, KEY_BYTES, { N, r, p, maxmem: 256 * N * r });
    try {
      return use(kek);
    } finally {
      kek.fill(0);
    }
  } finally {
    passphrase.fill(0);
  }
}

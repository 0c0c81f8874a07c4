import { randomBytes, scrypt, timingSafeEqual, type ScryptOptions } from 'node:crypto';
import { promisify } from 'node:util';
import type { PinHash } from '#core/operators';

const derive = promisify<string, Uint8Array, number, ScryptOptions, Buffer>(scrypt);

/** Cost of scrypt: memory is 128 N r bytes. */
export interface PinCost {
  readonly N: number;
  readonly r: number;
  readonly p: number;
}

/** As the OWASP Password Storage Cheat Sheet asks at least: N = 2^17, r = 8, p = 1 (128 MiB, about half a second). */
export const PIN_COST: PinCost = { N: 2 ** 17, r: 8, p: 1 };
const HASH_BYTES = 32;

export async function hashPin(pin: string, cost: PinCost): Promise<PinHash> {
  const salt = randomBytes(16);
  const hash = await derive(pin, salt, HASH_BYTES, options(cost));
  return { ...cost, salt: salt.toString('base64'), hash: hash.toString('base64') };
}

/** Compares in constant time. */
export async function verifyPin(pin: string, stored: PinHash): Promise<boolean> {
  const expected = Buffer.from(stored.hash, 'base64');
  const actual = await derive(pin, Buffer.from(stored.salt, 'base64'), expected.length, options(stored));
  return timingSafeEqual(actual, expected);
}

/** Node refuses more than 32 MiB unless told; scrypt takes 128 N r bytes and a little. */
const options = ({ N, r, p }: PinCost): ScryptOptions => ({
  N,
  r,
  p,
  maxmem: 256 * N * r,
});

import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { LintelError } from '#contract';
import { errorCode, writeDurably } from './files.ts';
import type { KeyProvider } from './key-provider.ts';

/** `store.key`: the data key as its provider sealed it. The checksum tells a damaged file from a wrong key. */
const SealedKey = z.strictObject({
  version: z.literal(1),
  provider: z.string(),
  sealed: z.base64(),
  checksum: z.string(),
});

/** A data key: 256 bits that encrypt one store and nothing else. */
export const DATA_KEY_BYTES = 32;

export async function writeSealedKey(path: string, dataKey: Buffer, provider: KeyProvider): Promise<void> {
  const sealed = (await provider.wrap(dataKey)).toString('base64');
  const key = { version: 1, provider: provider.kind, sealed, checksum: checksum(provider.kind, sealed) };
  await writeDurably(path, `${JSON.stringify(key)}\n`);
}

/** @throws `store-corrupt` for a missing or damaged file, `store-key-wrong`, and what the provider throws */
export async function readSealedKey(path: string, provider: KeyProvider): Promise<Buffer> {
  const { provider: kind, sealed } = await parse(path);
  if (kind !== provider.kind) {
    throw new LintelError('store-key-wrong', `(sealed by ${kind}, opened by ${provider.kind})`);
  }
  const dataKey = await provider.unwrap(Buffer.from(sealed, 'base64'));
  if (dataKey.length !== DATA_KEY_BYTES) throw new LintelError('store-key-wrong');
  return dataKey;
}

async function parse(path: string): Promise<z.infer<typeof SealedKey>> {
  try {
    const key = SealedKey.parse(JSON.parse(await readFile(path, 'utf8')));
    if (key.checksum === checksum(key.provider, key.sealed)) return key;
  } catch (error) {
    const code = errorCode(error);
    if (code !== undefined && code !== 'ENOENT') throw error;
  }
  throw new LintelError('store-corrupt', '(store.key)');
}

const checksum = (provider: string, sealed: string): string =>
  createHash('sha256').update(`${provider}\n${sealed}`).digest('hex');

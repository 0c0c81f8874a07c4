import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { LintelError } from '#contract';
import { errorCode, replaceDurably } from '../disk/files.ts';
import type { KekProvider } from './kek-provider.ts';

/**
 * `store.key`: the data key as its provider sealed it, and while it is being exchanged for another, that one too. The
 * checksum tells a damaged file from a wrong key.
 */
const SealedKey = z.strictObject({
  version: z.literal(1),
  provider: z.string(),
  sealed: z.base64(),
  next: z.base64().optional(),
  checksum: z.string(),
});

/** A data key: 256 bits that encrypt one store and nothing else. */
export const DATA_KEY_BYTES = 32;

/** The data key of a store, and the one that may have replaced it already. The caller wipes both. */
export interface DataKeys {
  readonly dataKey: Buffer;
  readonly next: Buffer | null;
}

/** Write the sealed key, in place of the one that is there; survives a power cut at any moment. */
export async function writeSealedKey(
  path: string,
  { dataKey, next }: DataKeys,
  provider: KekProvider,
): Promise<void> {
  const key = {
    provider: provider.kind,
    sealed: (await provider.wrap(dataKey)).toString('base64'),
    ...(next === null ? {} : { next: (await provider.wrap(next)).toString('base64') }),
  };
  await replaceDurably(path, `${JSON.stringify({ version: 1, ...key, checksum: checksum(key) })}\n`);
}

/** @throws `store-corrupt` for a missing or damaged file, `store-key-wrong`, and what the provider throws */
export async function readSealedKey(path: string, provider: KekProvider): Promise<DataKeys> {
  const { provider: kind, sealed, next } = await parse(path);
  if (kind !== provider.kind) {
    throw new LintelError('store-key-wrong', `(sealed by ${kind}, opened by ${provider.kind})`);
  }
  const unwrap = async (text: string): Promise<Buffer> => {
    const dataKey = await provider.unwrap(Buffer.from(text, 'base64'));
    if (dataKey.length !== DATA_KEY_BYTES) throw new LintelError('store-key-wrong');
    return dataKey;
  };
  return { dataKey: await unwrap(sealed), next: next === undefined ? null : await unwrap(next) };
}

export function wipe({ dataKey, next }: DataKeys): void {
  dataKey.fill(0);
  next?.fill(0);
}

async function parse(path: string): Promise<z.infer<typeof SealedKey>> {
  try {
    const key = SealedKey.parse(JSON.parse(await readFile(path, 'utf8')));
    if (key.checksum === checksum(key)) return key;
  } catch (error) {
    const code = errorCode(error);
    if (code !== undefined && code !== 'ENOENT') throw error;
  }
  throw new LintelError('store-corrupt', '(store.key)');
}

const checksum = ({
  provider,
  sealed,
  next,
}: {
  provider: string;
  sealed: string;
  next?: string | undefined;
}) =>
  createHash('sha256')
    .update([provider, sealed, ...(next === undefined ? [] : [next])].join('\n'))
    .digest('hex');

import type { z } from 'zod';
import type { Store } from '#core/store';

export type Rows = Pick<Store, 'getSecret' | 'setSecret'>;

/** A value that the encrypted store keeps as JSON under a name; null when there is none. */
export async function readRow<T>(store: Rows, name: string, schema: z.ZodType<T>): Promise<T | null> {
  const bytes = await store.getSecret(name);
  return bytes === null ? null : schema.parse(JSON.parse(Buffer.from(bytes).toString('utf8')));
}

export async function writeRow(store: Rows, name: string, value: object): Promise<void> {
  await store.setSecret(name, Buffer.from(JSON.stringify(value)));
}

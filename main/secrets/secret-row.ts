import type { z } from 'zod';
import type { AuditEntry } from '#contract';
import type { Store } from '#core/store';

export type Rows = Pick<Store, 'getSecret' | 'setSecret' | 'changeSecret'>;

/** A value that the encrypted store keeps as JSON under a name; null when there is none. */
export async function readRow<T>(
  store: Pick<Rows, 'getSecret'>,
  name: string,
  schema: z.ZodType<T>,
): Promise<T | null> {
  return parse(await store.getSecret(name), schema);
}

/** @param value null: there is none any more @param entry for the audit log, in the same transaction */
export async function writeRow(
  store: Rows,
  name: string,
  value: object | null,
  entry?: AuditEntry,
): Promise<void> {
  await store.setSecret(name, bytesOf(value), entry);
}

/**
 * Puts another value in place of the present one, alone in the store: two processes that change a row at the same moment
 * both take effect. A `change` that returns what it was given writes nothing.
 * @param entry what the audit log says of another value, in the same transaction
 * @returns the value that is kept now
 */
export async function changeRow<T extends object>(
  store: Rows,
  name: string,
  schema: z.ZodType<T>,
  change: (value: T | null) => T | null,
  entry?: AuditEntry,
): Promise<T | null> {
  const changeBytes = (bytes: Uint8Array | null): Uint8Array | null => {
    const value = parse(bytes, schema);
    const next = change(value);
    return next === value ? bytes : bytesOf(next);
  };
  const kept = await store.changeSecret(name, changeBytes, entry);
  return parse(kept, schema);
}

function parse<T>(bytes: Uint8Array | null, schema: z.ZodType<T>): T | null {
  return bytes === null ? null : schema.parse(JSON.parse(Buffer.from(bytes).toString('utf8')));
}

const bytesOf = (value: object | null): Buffer | null =>
  value === null ? null : Buffer.from(JSON.stringify(value));

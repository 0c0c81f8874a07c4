import { createReadStream } from 'node:fs';
import { buffer } from 'node:stream/consumers';
import type { z } from 'zod';
import { LintelError, oneLine, withoutMark } from '#contract';
import { whyUnreadable } from './unreadable.ts';

/** More is nothing that a person wrote. */
const MOST_BYTES = 1_000_000;

/** A file; `-` is standard input. No more is read than may be taken. @throws LintelError `usage` */
export async function readBytes(file: string, mostBytes = MOST_BYTES): Promise<Buffer> {
  // One byte more is read than `end` says.
  const stream = createReadStream(file === '-' ? '/dev/stdin' : file, { end: mostBytes });
  const read = await buffer(stream).catch((error: unknown) => {
    throw new LintelError('usage', `The file cannot be read. (${whyUnreadable(oneLine(file), error)})`, {
      cause: error,
    });
  });
  if (read.length > mostBytes) throw new LintelError('usage', `${file} is too long.`);
  return read;
}

/** As {@link readBytes}, of text. */
export const readText = async (file: string, mostBytes?: number): Promise<string> =>
  (await readBytes(file, mostBytes)).toString('utf8');

/** A document that an operator wrote by hand. @throws LintelError `usage` that names what is wrong, and never what it is */
export async function readDocument<T>(file: string, schema: z.ZodType<T>): Promise<T> {
  const written = await readText(file);
  let value: unknown;
  try {
    value = JSON.parse(withoutMark(written));
  } catch {
    throw new LintelError('usage', `${file} is no JSON.`);
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new LintelError('usage', `${file}: ${said(parsed.error)}`);
}

/** What is wrong first, and where, if it is in one place. */
export function said({ issues: [issue] }: z.ZodError): string {
  const where = issue?.path.join('.') ?? '';
  return `${where === '' ? '' : `${where}: `}${issue?.message ?? ''}`;
}

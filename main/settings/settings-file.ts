import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import type { Adapter } from 'lowdb';
import writeFileAtomic from 'write-file-atomic';
import type { z } from 'zod';
import { LintelError } from '#contract';

/** Owner only: settings hold no secret, but they are nobody else's business either. */
const MODE = 0o600;

/** What was last written in full, beside the file: to repair one that was damaged since. */
const lastGoodOf = (path: string): string => path.replace(/(\.json)?$/, '.last-good$1');

/**
 * A lowdb adapter that never trusts the file and never tears it: what is read is parsed, what is written reaches the
 * disk (fsync) under another name before it takes the place of the old file.
 */
export class SettingsFile<T> implements Adapter<T> {
  readonly #path: string;
  readonly #schema: z.ZodType<T>;

  constructor(path: string, schema: z.ZodType<T>) {
    this.#path = path;
    this.#schema = schema;
  }

  /**
   * @returns null when there is no file yet
   * @throws LintelError `settings-corrupt` for a file that cannot be read as settings; the file stays as it is
   */
  async read(): Promise<T | null> {
    try {
      return this.#schema.parse(JSON.parse(await readFile(this.#path, 'utf8')));
    } catch (error) {
      // No file, or no folder: that one is for whoever needs it to complain about.
      if (isCode(error, 'ENOENT') || isCode(error, 'ENOTDIR')) return null;
      const copy = lastGoodOf(this.#path);
      const hint = existsSync(copy) ? ` (${basename(copy)} holds the last good copy)` : '';
      throw new LintelError('settings-corrupt', `${basename(this.#path)}${hint}`, { cause: error });
    }
  }

  /** @throws LintelError `store-full` when the disk is full; the old file stays */
  async write(data: T): Promise<void> {
    try {
      const text = `${JSON.stringify(data, null, 2)}\n`;
      await writeFileAtomic(this.#path, text, { mode: MODE });
      await writeFileAtomic(lastGoodOf(this.#path), text, { mode: MODE });
    } catch (error) {
      if (isCode(error, 'ENOSPC') || isCode(error, 'EDQUOT')) {
        throw new LintelError('store-full', basename(this.#path), { cause: error });
      }
      throw error;
    }
  }
}

const isCode = (error: unknown, code: string): boolean =>
  error instanceof Error && 'code' in error && error.code === code;

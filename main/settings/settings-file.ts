import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import type { Adapter } from 'lowdb';
import type { z } from 'zod';
import { LintelError, withoutMark } from '#contract';
import { replaceDurably, requirePlainFiles, unwritable } from '#core/store';

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
   * @throws LintelError `settings-corrupt` for a file that cannot be read as settings, `data-folder-unsafe` for a link,
   *   `usage` where it may not read; the file stays as it is
   */
  async read(): Promise<T | null> {
    await requirePlainFiles(dirname(this.#path));
    try {
      return this.#schema.parse(JSON.parse(withoutMark(await readFile(this.#path, 'utf8'))));
    } catch (error) {
      // No file, or no folder: the code that needs the folder reports that.
      if (isCode(error, 'ENOENT') || isCode(error, 'ENOTDIR')) return null;
      if (isCode(error, 'EACCES')) throw unwritable(this.#path, error);
      const copy = lastGoodOf(this.#path);
      const hint = existsSync(copy) ? ` (${basename(copy)} holds the last good copy)` : '';
      throw new LintelError('settings-corrupt', `${basename(this.#path)}${hint}`, { cause: error });
    }
  }

  /** @throws LintelError `store-full` when the disk is full, `usage` where it may not write; the old file stays */
  async write(data: T): Promise<void> {
    try {
      const text = `${JSON.stringify(data, null, 2)}\n`;
      await replaceDurably(this.#path, text);
      await replaceDurably(lastGoodOf(this.#path), text);
    } catch (error) {
      throw unwritable(this.#path, error);
    }
  }
}

const isCode = (error: unknown, code: string): boolean =>
  error instanceof Error && 'code' in error && error.code === code;

import { LintelError, type ErrorCode } from '#contract';
import { inCatalogue, type Meanings } from './coded-errors.ts';

/** Beginnings of SQLite's and the system's error codes, and what they mean to the caller. */
const MEANINGS: Meanings = [
  ['SQLITE_FULL', 'store-full'],
  ['SQLITE_IOERR_SHMSIZE', 'store-full'],
  ['ENOSPC', 'store-full'],
  ['EDQUOT', 'store-full'],
  ['SQLITE_READONLY', 'store-read-only'],
  ['EROFS', 'store-read-only'],
  ['SQLITE_BUSY', 'store-busy'],
  ['SQLITE_LOCKED', 'store-busy'],
  ['SQLITE_NOTADB', 'store-corrupt'],
  ['SQLITE_CORRUPT', 'store-corrupt'],
  ['SQLITE_IOERR_SHORT_READ', 'store-corrupt'],
  ['SQLITE_IOERR', 'disk-failing'],
  ['EIO', 'disk-failing'],
];

/** An error of SQLite or the file system as one of the catalogue; anything else comes back as it is. */
export const asLintelError = (error: unknown): unknown => inCatalogue(error, MEANINGS);

/** Whether something could not be written for want of a disk that takes it: then what only reads goes on. */
export const isUnwritable = (error: unknown): boolean =>
  error instanceof LintelError && UNWRITABLE.has(error.code);

/** The same for now: also while another process holds the store. */
export const isUnwritableNow = (error: unknown): boolean =>
  isUnwritable(error) || (error instanceof LintelError && error.code === 'store-busy');

/**
 * What was written stands, and every reader sees it; but the disk has not confirmed it, so that a power cut may undo it. Who
 * would write it again writes it twice.
 */
export class UnsyncedError extends LintelError {
  /** What the transaction gave. */
  readonly result: unknown;

  constructor(cause: LintelError, result: unknown) {
    super(cause.code, undefined, { cause });
    this.result = result;
  }
}

/**
 * Waits for a write that is done where the disk has not confirmed it, too.
 * @param note hears that it has not
 * @throws what else the write throws
 */
export async function evenUnsynced(
  write: Promise<unknown>,
  note: (error: UnsyncedError) => void = () => undefined,
): Promise<void> {
  try {
    await write;
  } catch (error) {
    if (!(error instanceof UnsyncedError)) throw error;
    note(error);
  }
}

const UNWRITABLE: ReadonlySet<ErrorCode> = new Set(['store-full', 'store-read-only', 'disk-failing']);

import { createHash, randomBytes } from 'node:crypto';
import { createReadStream, createWriteStream, existsSync } from 'node:fs';
import { link, open, rm, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type Database from 'better-sqlite3-multiple-ciphers';
import { BackupHeader, LintelError, type Actor } from '#contract';
import { verifyLog, verifySignature } from '#core/audit';
import { isUnwritable, openStore, storeInFile, type KekProvider, type StoreOptions } from '#core/store';
import {
  asErrorIn,
  connect,
  connectToLook,
  copyDatabase,
  DATA_KEY_BYTES,
  errorCode,
  migrate,
  schemaVersion,
  syncDirectory,
  unwritable,
  withDataKey,
} from '#core/store/file';

/** A header is some 800 bytes. */
const LONGEST_HEADER = 8192;

/** The catalogue's message speaks of the store, whose key may well be the right one. */
const WRONG_KEY =
  'The key does not open this backup. Name the one that it was made with: --backup-key-file or --backup-passphrase-file.';

/**
 * Write a backup of a store as it is at one moment, while others go on changing it. The file is encrypted with a key of
 * its own, signed by the device, and complete once it appears.
 * @param to a file that does not exist
 * @param seal seals the key of the backup: by default, as that of the store
 * @throws LintelError `file-exists`, `store-full`, `usage` where nothing can be written, and what {@link openStore} throws
 */
export async function createBackup(
  options: StoreOptions,
  to: string,
  { actor, seal = options.kekProvider }: { readonly actor: Actor; readonly seal?: KekProvider },
): Promise<BackupHeader> {
  const draft = `${to}.${randomBytes(8).toString('hex')}`;
  const payload = `${draft}.db`;
  const backupKey = randomBytes(DATA_KEY_BYTES);
  if (existsSync(to)) throw new LintelError('file-exists', `(${to})`);
  // First, so that nothing is recorded of a backup that cannot be written.
  const file = await open(draft, 'wx', 0o600).catch((error: unknown) => {
    throw unwritable(to, error);
  });
  try {
    const store = await openStore(options);
    try {
      const { audit } = store.as(actor);
      await audit.append({ kind: 'exported', what: 'backup', faceId: null });
      await audit.checkpoint();
    } catch (error) {
      // When a disk fails, a backup is what is needed most.
      if (!isUnwritable(error)) throw error;
    } finally {
      await store.close();
    }
    await withDataKey(options.dir, options.kekProvider, async (database, dataKey) => {
      const source = connectToLook(database, dataKey);
      try {
        await copyDatabase(source, dataKey, payload, backupKey);
      } finally {
        source.close();
      }
    });
    const header = await describe(payload, backupKey, seal);
    await assemble(header, payload, file);
    await link(draft, to);
    await syncDirectory(dirname(to));
    return header;
  } catch (error) {
    throw errorCode(error) === 'EEXIST' ? unwritable(to, error) : asErrorIn(dirname(to), error);
  } finally {
    backupKey.fill(0);
    await file.close();
    await rm(draft, { force: true });
    await rm(payload, { force: true });
  }
}

/**
 * Check a backup file as far as it goes without a key: it is whole, and signed by the device it names.
 * @returns its header, and where the database begins @throws LintelError `backup-corrupt`
 */
export async function readBackup(from: string): Promise<{ header: BackupHeader; offset: number }> {
  const { header, offset } = await readHeader(from);
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(from, { start: offset })) hash.update(chunk as Buffer);
  if (hash.digest('hex') !== header.sha256) throw new LintelError('backup-corrupt', '(checksum)');
  return { header, offset };
}

/** What a backup holds, if all is well with it. */
export interface BackupReport {
  readonly header: BackupHeader;
  readonly auditLines: number;
}

/**
 * Check a backup thoroughly: every page, every row's place, contents and audit log, by decrypting a copy of it beside it.
 * @throws LintelError `backup-corrupt`, `audit-broken`, and what the key provider throws
 */
export async function verifyBackup(from: string, kekProvider: KekProvider): Promise<BackupReport> {
  const draft = `${from}.${randomBytes(8).toString('hex')}.db`;
  try {
    const { header, key } = await extractBackup(from, kekProvider, draft);
    const database = connect(draft, {}, key, () => {});
    try {
      return { header, auditLines: await inspectContents(database, header) };
    } finally {
      database.close();
      key.fill(0);
    }
  } catch (error) {
    throw asErrorIn(dirname(from), error);
  } finally {
    await rm(draft, { force: true });
  }
}

const wrongKey = (detail: string, cause?: unknown): LintelError =>
  new LintelError('store-key-wrong', detail, { words: WRONG_KEY, cause });

/** Write the database of a sound backup to a new file. @returns the key that opens it, to be wiped by the caller */
export async function extractBackup(
  from: string,
  kekProvider: KekProvider,
  to: string,
): Promise<{ header: BackupHeader; key: Buffer }> {
  const { header, offset } = await readBackup(from);
  if (header.provider !== kekProvider.kind) {
    throw wrongKey(`(${from}: sealed by ${header.provider}, opened by ${kekProvider.kind})`);
  }
  const key = await kekProvider.unwrap(Buffer.from(header.sealedKey, 'base64')).catch((error: unknown) => {
    throw error instanceof LintelError && error.code === 'store-key-wrong'
      ? wrongKey(`(${from})`, error)
      : error;
  });
  await pipeline(
    createReadStream(from, { start: offset }),
    createWriteStream(to, { flags: 'wx', mode: 0o600, flush: true }),
  );
  return { header, key };
}

/** Whether the database of a backup is what its header says. @returns how many lines its audit log has */
export async function inspectContents(database: Database.Database, header: BackupHeader): Promise<number> {
  const store = storeInFile(database);
  try {
    const isWhole =
      schemaVersion(database) === header.schema &&
      database.pragma('integrity_check(1)', { simple: true }) === 'ok' &&
      (await store.stateHash()) === header.stateHash;
    if (!isWhole) throw new LintelError('backup-corrupt', '(contents)');
  } catch (error) {
    throw error instanceof LintelError
      ? error
      : new LintelError('backup-corrupt', '(database)', { cause: error });
  }
  const { lines, problem } = await verifyLog(store.audit.lines(), {
    publicKey: header.publicKey,
    anchors: [header.audit],
  });
  if (problem !== null) throw new LintelError('audit-broken', `(line ${problem.line}: ${problem.what})`);
  return lines;
}

async function describe(payload: string, key: Buffer, seal: KekProvider): Promise<BackupHeader> {
  const database = connect(payload, {}, key, migrate);
  try {
    const store = storeInFile(database);
    const { audit } = store;
    const hash = createHash('sha256');
    for await (const chunk of createReadStream(payload)) hash.update(chunk as Buffer);
    const unsigned = {
      backup: 'lintel-backup-1',
      createdAt: new Date().toISOString(),
      schema: schemaVersion(database),
      faces: Number(database.prepare('SELECT count(*) FROM faces').pluck().get()),
      stateHash: await store.stateHash(),
      audit: await audit.head(),
      provider: seal.kind,
      sealedKey: (await seal.wrap(key)).toString('base64'),
      sha256: hash.digest('hex'),
      publicKey: await audit.publicKey(),
    } as const;
    return { ...unsigned, signature: await audit.sign('backup', JSON.stringify(unsigned)) };
  } finally {
    database.close();
  }
}

async function assemble(header: BackupHeader, payload: string, file: FileHandle): Promise<void> {
  await file.write(`${JSON.stringify(header)}\n`);
  for await (const chunk of createReadStream(payload)) await file.write(chunk as Buffer);
  await file.sync();
}

async function readHeader(from: string): Promise<{ header: BackupHeader; offset: number }> {
  const corrupt = new LintelError('backup-corrupt');
  const start = Buffer.alloc(LONGEST_HEADER);
  const length = await readStart(from, start).catch((error: unknown) => {
    const reason = errorCode(error) === 'ENOENT' ? 'no such file' : 'it cannot be read';
    throw new LintelError('backup-corrupt', `(${reason})`, { cause: error });
  });
  const end = start.subarray(0, length).indexOf('\n');
  if (end < 0) throw corrupt;
  const text = start.subarray(0, end).toString();
  try {
    const header = BackupHeader.parse(JSON.parse(text));
    const { signature, ...unsigned } = header;
    const isSigned = verifySignature(header.publicKey, 'backup', JSON.stringify(unsigned), signature);
    if (isSigned && JSON.stringify(header) === text) return { header, offset: end + 1 };
  } catch {
    throw corrupt;
  }
  throw corrupt;
}

async function readStart(path: string, into: Buffer): Promise<number> {
  await using file = await open(path);
  return (await file.read(into, 0, into.length, 0)).bytesRead;
}

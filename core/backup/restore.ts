import { randomBytes } from 'node:crypto';
import { chmod, readdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { LintelError, type Actor, type BackupHeader } from '#contract';
import { verifyReceipt } from '#core/audit';
import {
  storeInFile,
  openStore,
  storeIdOf,
  type KekProvider,
  type SqlStore,
  type StoreOptions,
} from '#core/store';
import {
  asErrorIn,
  connect,
  DATA_KEY_BYTES,
  filesOf,
  lockExclusively,
  makeDataFolder,
  makeFolder,
  openDatabase,
  rekey,
  REPLACED,
  syncDirectory,
  withDataKey,
  writeSealedKey,
} from '#core/store/file';
import { Hub, Replica } from '#core/sync';
import { extractBackup, inspectContents } from './backup.ts';
import { revocationsIn, revokeAgain, type Revocations, type RevokedAgain } from './revoked.ts';

export interface RestoreOptions {
  readonly actor: Actor;
  /** Opens the backup. */
  readonly unseal: KekProvider;
  /** Texts of erasure receipts: the faces they name stay erased. */
  readonly receipts?: readonly string[];
  /** Replace the existing store; what was deleted from it or revoked in it stays so. */
  readonly replace?: boolean;
}

/** A face that must not come back, and where it was. */
interface Gone {
  readonly account: string;
  readonly faceId: string;
  readonly collectionId: string;
}

/** What a store that is replaced knows and a backup of it does not. */
interface Former {
  readonly gone: readonly Gone[];
  /** Null: there was no such store. */
  readonly revocations: Revocations | null;
  /** Of its history; see `core/store/tables/lineage.ts`. */
  readonly lives: readonly string[];
}

const NONE: Former = { gone: [], revocations: null, lives: [] };

/** What was done to a backup's contents. */
export interface Restored extends RevokedAgain {
  readonly header: BackupHeader;
  /** People who were erased since. */
  readonly erasedAgain: number;
}

/**
 * Make a store of a backup, under a new data key. Checked in full before anything is changed; complete once it appears.
 * @param options where to, and what seals the data key there
 * @throws LintelError `store-exists` without `replace`, `store-busy` while another process has the store open that is to
 *   be replaced, `backup-corrupt`, `audit-broken`, `receipt-invalid` for one that the backup's device did not sign,
 *   `too-many-cards` where more were revoked, here and in the store that is replaced, than a list holds
 */
export async function restoreBackup(
  from: string,
  options: StoreOptions,
  { actor, unseal, receipts = [], replace = false }: RestoreOptions,
): Promise<Restored> {
  const { place } = filesOf(options.dir);
  await makeDataFolder(options.dir);
  const isThere = (await readdir(place).catch(() => [])).length > 0;
  if (isThere && !replace) throw new LintelError('store-exists');
  const draft = `${place}.${randomBytes(8).toString('hex')}`;
  const dataKey = randomBytes(DATA_KEY_BYTES);
  try {
    // What keeps it from being opened shows before anything is made.
    if (isThere) await (await openStore(options)).close();
    await makeFolder(draft);
    const header = await build(from, draft, dataKey, options.kekProvider, unseal);
    const erased = receipts.flatMap((text): Gone[] => {
      const { account, faces } = verifyReceipt(text, header.publicKey);
      return faces.map((face) => ({ account, ...face }));
    });
    const kept = await options.kekProvider.heads?.read(storeIdOf(header.publicKey));
    const settled = async (former: Former) => {
      const gone = [...former.gone, ...erased];
      const lives = [...former.lives, ...(kept ? [kept.lineage] : [])];
      const done = await settle(draft, dataKey, actor, header, { ...former, gone, lives });
      await syncDirectory(draft);
      return done;
    };
    const restored = isThere ? await replaceStore(options, draft, header, settled) : await settled(NONE);
    if (!isThere) await rename(draft, place);
    await syncDirectory(dirname(place));
    return { header, ...restored };
  } catch (error) {
    throw asErrorIn(options.dir, error);
  } finally {
    dataKey.fill(0);
    await rm(draft, { recursive: true, force: true });
  }
}

/** The backup's database as it is, under a data key. */
async function build(
  from: string,
  draft: string,
  dataKey: Buffer,
  kekProvider: KekProvider,
  unseal: KekProvider,
): Promise<BackupHeader> {
  const path = join(draft, 'store.db');
  const { header, key } = await extractBackup(from, unseal, path);
  try {
    const extracted = connect(path, {}, key, () => {});
    try {
      await inspectContents(extracted, header);
    } finally {
      extracted.close();
    }
    rekey(path, key, dataKey);
    await writeSealedKey(join(draft, 'store.key'), { dataKey, next: null }, kekProvider);
    return header;
  } finally {
    key.fill(0);
  }
}

/** Erase and revoke again what was since, and record the restoration. */
async function settle(
  draft: string,
  dataKey: Buffer,
  actor: Actor,
  { audit }: BackupHeader,
  { gone, revocations, lives }: Former,
): Promise<Omit<Restored, 'header'>> {
  const path = join(draft, 'store.db');
  const store = storeInFile(openDatabase(path, dataKey));
  try {
    const erasedAgain = await store.forget(gone);
    const revoked = await revokeAgain(store.as(actor), revocations);
    await new Hub(store).renewFeed();
    const replica = new Replica(store);
    if ((await replica.state()) !== null) await replica.joinAgain();
    await store.lineage.beginLife(lives);
    await store.as(actor).audit.append({ kind: 'restored', backup: audit, erasedAgain });
    await store.audit.checkpoint();
    await store.scrub();
    return { erasedAgain, ...revoked };
  } finally {
    await store.close();
    await chmod(path, 0o600);
  }
}

async function formerOf(store: SqlStore, header: BackupHeader): Promise<Former> {
  return {
    gone: await store.tombstones(),
    revocations: await revocationsIn(store, header),
    lives: await store.lineage.lives(),
  };
}

/**
 * Two renames: after a crash between them, {@link openStore} takes the former store back.
 * @param settled gets what the former store knows while nobody else has it open, so that nothing is deleted from it later
 */
async function replaceStore<T>(
  options: StoreOptions,
  draft: string,
  header: BackupHeader,
  settled: (former: Former) => Promise<T>,
): Promise<T> {
  const { place } = filesOf(options.dir);
  const replaced = join(options.dir, REPLACED);
  const done = await withDataKey(options.dir, options.kekProvider, async (path, dataKey) => {
    const database = openDatabase(path, dataKey);
    try {
      lockExclusively(database);
      const result = await settled(await formerOf(storeInFile(database), header));
      await rename(place, replaced);
      await rename(draft, place);
      await syncDirectory(dirname(place));
      return result;
    } finally {
      database.close();
    }
  });
  await rm(replaced, { recursive: true, force: true });
  return done;
}

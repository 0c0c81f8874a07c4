import { randomBytes } from 'node:crypto';
import { chmod, readdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { LintelError, type Actor, type BackupHeader } from '#contract';
import { verifyReceipt } from '#core/audit';
import { Devices } from '#core/devices';
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
  /** Of each account the API keys that are in force, and the devices that are revoked; null: there was no such store. */
  readonly accounts:
    | readonly {
        readonly accountId: string;
        readonly keyIds: readonly string[];
        readonly revokedDevices: readonly string[];
      }[]
    | null;
  /** Of its history; see `core/store/tables/lineage.ts`. */
  readonly lives: readonly string[];
}

const NONE: Former = { gone: [], accounts: null, lives: [] };

/** What was done to a backup's contents. */
export interface Restored {
  readonly header: BackupHeader;
  /** People who were erased since. */
  readonly erasedAgain: number;
  /** API keys and devices that were revoked since; null for a server's of which no former store tells. */
  readonly revokedAgain: number | null;
}

/**
 * Make a store of a backup, under a new data key. Checked in full before anything is changed; complete once it appears.
 * @param options where to, and what seals the data key there
 * @throws LintelError `store-exists` without `replace`, `store-busy` while another process has the store open that is to
 *   be replaced, `backup-corrupt`, `audit-broken`, `receipt-invalid` for one that the backup's device did not sign
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
    const restored = isThere ? await replaceStore(options, draft, settled) : await settled(NONE);
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
  { gone, accounts, lives }: Former,
): Promise<Omit<Restored, 'header'>> {
  const path = join(draft, 'store.db');
  const store = storeInFile(openDatabase(path, dataKey));
  try {
    const erasedAgain = await store.forget(gone);
    const revokedAgain = await revokeAgain(store.as(actor), accounts);
    await new Hub(store).renewFeed();
    const replica = new Replica(store);
    if ((await replica.state()) !== null) await replica.join();
    await store.lineage.beginLife(lives);
    await store.as(actor).audit.append({ kind: 'restored', backup: audit, erasedAgain });
    await store.audit.checkpoint();
    await store.scrub();
    return { erasedAgain, revokedAgain };
  } finally {
    await store.close();
    await chmod(path, 0o600);
  }
}

/** @returns how many API keys and devices were in force again; null where nothing tells and there are accounts */
async function revokeAgain(store: SqlStore, accounts: Former['accounts']): Promise<number | null> {
  if (accounts === null) return (await store.accounts.list()).length === 0 ? 0 : null;
  const devices = new Devices(store);
  let count = 0;
  for (const { accountId, keyIds, revokedDevices } of accounts) {
    for (const { keyId } of await store.accounts.keys(accountId)) {
      if (keyIds.includes(keyId)) continue;
      await store.accounts.removeApiKey(keyId);
      count++;
    }
    for (const { deviceId, revokedAt } of await store.devices.list(accountId)) {
      if (revokedAt !== null || !revokedDevices.includes(deviceId)) continue;
      await devices.revoke(accountId, deviceId);
      count++;
    }
  }
  return count;
}

async function formerOf(store: SqlStore): Promise<Former> {
  const accounts = await Array.fromAsync(await store.accounts.list(), async ({ accountId }) => {
    const keys = await store.accounts.keys(accountId);
    const devices = await store.devices.list(accountId);
    const revoked = devices.filter(({ revokedAt }) => revokedAt !== null);
    return {
      accountId,
      keyIds: keys.map(({ keyId }) => keyId),
      revokedDevices: revoked.map(({ deviceId }) => deviceId),
    };
  });
  return { gone: await store.tombstones(), accounts, lives: await store.lineage.lives() };
}

/**
 * Two renames: after a crash between them, {@link openStore} takes the former store back.
 * @param settled gets what the former store knows while nobody else has it open, so that nothing is deleted from it later
 */
async function replaceStore<T>(
  options: StoreOptions,
  draft: string,
  settled: (former: Former) => Promise<T>,
): Promise<T> {
  const { place } = filesOf(options.dir);
  const replaced = join(options.dir, REPLACED);
  const done = await withDataKey(options.dir, options.kekProvider, async (path, dataKey) => {
    const database = openDatabase(path, dataKey);
    try {
      lockExclusively(database);
      const result = await settled(await formerOf(storeInFile(database)));
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

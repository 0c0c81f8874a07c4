import { createHash, randomBytes } from 'node:crypto';
import { cpSync } from 'node:fs';
import { copyFile, cp, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { LintelError } from '#contract';
import { verifyLog } from '#core/audit';
import { seeded } from '#core/matching';
import { createBackup, readBackup, restoreBackup, verifyBackup } from './index.ts';
import {
  fileKekProvider,
  LOCAL_ACCOUNT as ME,
  openStore,
  passphraseKekProvider,
  rotateDataKey,
  rotateKeyEncryptionKey,
  type KekProvider,
  type SqlStore,
  type Store,
} from '#core/store';
import { newFaceId, newReference } from '../store/testing/made-up-faces.ts';
import { filesOf, readPages, withDataKey } from '#core/store/file';

const folder = await mkdtemp(join(tmpdir(), 'lintel-vault-'));
afterAll(() => rm(folder, { recursive: true }));

let dir: string;
let kekProvider: KekProvider;

beforeEach(async () => {
  dir = await mkdtemp(join(folder, 'data-'));
  kekProvider = fileKekProvider(join(folder, `${randomBytes(8).toString('hex')}.key`));
});

const options = () => ({ dir, kekProvider });
const phrase = (text: string): KekProvider =>
  passphraseKekProvider(() => Promise.resolve(Buffer.from(text)), { N: 1024, r: 8, p: 1 });

async function using<T>(work: (store: SqlStore) => Promise<T>, at = options()): Promise<T> {
  const store = await openStore(at);
  try {
    return await work(store);
  } finally {
    await store.close();
  }
}

const enrol = (store: Store, externalKey: string | null = null) =>
  store.addFace(ME, 'c', {
    faceId: newFaceId(),
    references: [{ ...newReference(), image: randomBytes(20_000) }],
    externalKey,
  });

async function fill(count: number): Promise<string> {
  return await using(async (store) => {
    await store.createCollection(ME, 'c');
    for (let i = 0; i < count; i++) await enrol(store, `key-${i}`);
    return await store.stateHash();
  });
}

/** The code of a refusal, provided that no file of the data folder changed. */
async function refusal(attempt: () => Promise<unknown>): Promise<string> {
  const before = await filesIn(dir);
  const code = await attempt().then(
    () => 'not refused',
    (error: unknown) => (error instanceof LintelError ? error.code : String(error)),
  );
  expect(await filesIn(dir)).toEqual(before);
  return code;
}

async function filesIn(root: string): Promise<string[]> {
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  const files = entries
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name));
  return await Promise.all(
    files.toSorted().map(
      async (file) =>
        `${file} ${createHash('sha256')
          .update(await readFile(file))
          .digest('hex')}`,
    ),
  );
}

const kinds = (store: Store) =>
  Array.fromAsync(store.audit.lines(), (line) => /"kind":"([a-z-]+)"/.exec(line)![1]!);

describe('a new key-encryption key', () => {
  it('opens the store from then on, and the former one does not', async () => {
    const hash = await fill(3);
    const former = kekProvider;
    await rotateKeyEncryptionKey(options(), phrase('correct horse battery'), 'command-line');
    kekProvider = phrase('correct horse battery');
    expect(await using((store) => store.stateHash())).toBe(hash);
    expect((await using(kinds)).slice(-2)).toEqual(['key-changed', 'key-changed']);
    kekProvider = former;
    expect(await refusal(() => openStore(options()))).toBe('store-key-wrong');
    kekProvider = phrase('incorrect horse battery');
    expect(await refusal(() => openStore(options()))).toBe('store-key-wrong');
  });

  it('is taken while others have the store open', async () => {
    await fill(1);
    const other = await openStore(options());
    await rotateKeyEncryptionKey(options(), phrase('correct horse battery'), 'command-line');
    const { faceId } = await enrol(other);
    // It has no key to search the file with any more, and rewrites it instead.
    expect(await other.erase(ME, { faceId })).toMatchObject({ faces: [{ faceId }] });
    await enrol(other);
    await other.close();
    kekProvider = phrase('correct horse battery');
    expect(await using((store) => store.listFaces(ME, 'c'))).toMatchObject({ total: 2 });
  });
});

describe('a new data key', () => {
  it('changes every page and nothing of the contents', async () => {
    const hash = await fill(3);
    const { database } = filesOf(dir);
    const before = await readFile(database);
    await rotateDataKey(options(), 'command-line');
    expect(await readdir(join(dir, 'store'))).toEqual(['store.db', 'store.key']);
    const after = await readFile(database);
    for (let at = 0; at < Math.min(before.length, after.length); at += 8192) {
      expect(after.subarray(at, at + 64).equals(before.subarray(at, at + 64))).toBe(false);
    }
    expect(await using((store) => store.stateHash())).toBe(hash);
    expect((await using(kinds)).slice(-2)).toEqual(['key-changed', 'key-changed']);
  });

  it('is refused while another process has the store open', async () => {
    await fill(1);
    const other = await openStore(options());
    await expect(rotateDataKey(options(), 'command-line')).rejects.toMatchObject({ code: 'store-busy' });
    await enrol(other);
    await other.close();
    expect(await using((store) => store.listFaces(ME, 'c'))).toMatchObject({ total: 2 });
  });

  it('that was interrupted at any step leaves a store that opens', async () => {
    const hash = await fill(2);
    const { database, key } = filesOf(dir);
    const [oldKey, oldDatabase] = [await readFile(key), await readFile(database)];
    await rotateDataKey(options(), 'command-line');
    // Between the two renames: the key file holds both keys, the database is the old or the new one.
    const newKey = JSON.parse(await readFile(key, 'utf8')) as { sealed: string };
    const old = JSON.parse(oldKey.toString()) as { provider: string; sealed: string };
    const checksum = createHash('sha256')
      .update([old.provider, old.sealed, newKey.sealed].join('\n'))
      .digest('hex');
    const both = JSON.stringify({ ...old, next: newKey.sealed, checksum });
    await writeFile(key, both);
    expect(await using((store) => store.stateHash())).toBe(hash);
    expect(await readFile(key, 'utf8')).not.toContain('next');
    await writeFile(key, both);
    await writeFile(database, oldDatabase);
    await writeFile(`${database}.next`, 'half a copy');
    expect(await using((store) => store.stateHash())).toBe(hash);
    expect(await readdir(join(dir, 'store'))).toEqual(['store.db', 'store.key']);
  });
});

describe('a backup', () => {
  let to: string;
  beforeEach(() => (to = join(folder, `${randomBytes(8).toString('hex')}.backup`)));
  const elsewhere = async () => ({ dir: await mkdtemp(join(folder, 'else-')), kekProvider });

  it('is verified, and restored elsewhere with the same contents', async () => {
    const hash = await fill(5);
    const header = await createBackup(options(), to, { actor: 'command-line' });
    expect(header).toMatchObject({ faces: 5, stateHash: hash });
    expect(await verifyBackup(to, kekProvider)).toMatchObject({ auditLines: 8 });
    const there = await elsewhere();
    await restoreBackup(to, there, { actor: 'command-line', unseal: kekProvider });
    expect(await using((store) => store.stateHash(), there)).toBe(hash);
    expect((await using(kinds, there)).slice(-3)).toEqual(['checkpoint', 'restored', 'checkpoint']);
    expect(
      (await readdir(folder)).filter((name) => name.startsWith(to.slice(folder.length + 1))),
    ).toHaveLength(1);
    expect(await refusal(() => createBackup(options(), to, { actor: 'device' }))).toBe('file-exists');
  });

  it('may be sealed by another key than the store', async () => {
    const hash = await fill(1);
    await createBackup(options(), to, { actor: 'command-line', seal: phrase('correct horse battery') });
    await expect(verifyBackup(to, kekProvider)).rejects.toMatchObject({ code: 'store-key-wrong' });
    const there = await elsewhere();
    const wrong = { actor: 'command-line', unseal: phrase('incorrect horse battery') };
    await expect(restoreBackup(to, there, wrong)).rejects.toMatchObject({ code: 'store-key-wrong' });
    expect(await readdir(there.dir)).toEqual([]);
    await restoreBackup(to, there, { ...wrong, unseal: phrase('correct horse battery') });
    expect(await using((store) => store.stateHash(), there)).toBe(hash);
  });

  it('of a store that changes at full speed is the store at one moment', async () => {
    await fill(20);
    const store = await openStore(options());
    const stop = new AbortController();
    let enrolled = 20;
    const enrolling = (async () => {
      while (!stop.signal.aborted) {
        await enrol(store);
        enrolled++;
        await new Promise(setImmediate);
      }
    })();
    const before = enrolled;
    const header = await createBackup(options(), to, { actor: 'device' });
    stop.abort();
    await enrolling;
    await store.close();
    expect(header.faces).toBeGreaterThanOrEqual(before);
    expect(header.faces).toBeLessThanOrEqual(enrolled);
    const there = await elsewhere();
    await restoreBackup(to, there, { actor: 'device', unseal: kekProvider });
    expect(await using((restored) => restored.stateHash(), there)).toBe(header.stateHash);
  });

  it('does not bring back who was erased since', async () => {
    await fill(3);
    await createBackup(options(), to, { actor: 'command-line' });
    const receipt = await using((store) => store.erase(ME, { externalKey: 'key-1', collectionId: 'c' }));
    await using(async (store) => {
      const { faces } = await store.listFaces(ME, 'c');
      await store.deleteFace(ME, 'c', faces[0]!.faceId);
    });
    const there = await elsewhere();
    const how = { actor: 'command-line', unseal: kekProvider };
    const restored = await restoreBackup(to, there, { ...how, receipts: [JSON.stringify(receipt)] });
    expect(restored.erasedAgain).toBe(1);
    await using(async (store) => {
      expect(await store.listFaces(ME, 'c')).toMatchObject({ total: 2 });
      const face = { faceId: receipt.faces[0]!.faceId, references: [newReference()] };
      await expect(store.addFace(ME, 'c', face)).rejects.toMatchObject({ code: 'face-erased' });
      const publicKey = await store.audit.publicKey();
      expect(await verifyLog(store.audit.lines(), { publicKey })).toMatchObject({ problem: null });
    }, there);

    expect(await refusal(() => restoreBackup(to, options(), how))).toBe('store-exists');
    const replaced = await restoreBackup(to, options(), { ...how, replace: true });
    expect(replaced.erasedAgain).toBe(2);
    expect(await readdir(dir)).toEqual(['store']);
    expect(await using((store) => store.listFaces(ME, 'c'))).toMatchObject({
      total: 1,
      faces: [{ externalKey: 'key-2' }],
    });
  });

  it('that is damaged anywhere is refused', async () => {
    await fill(1);
    await createBackup(options(), to, { actor: 'command-line' });
    const whole = await readFile(to);
    const random = seeded(4);
    for (let i = 0; i < 100; i++) {
      const at = i < 50 ? Math.floor(random() * 900) : Math.floor(random() * whole.length);
      const damaged = Buffer.from(whole);
      damaged[at]! ^= 1 << Math.floor(random() * 8);
      await writeFile(to, damaged);
      await expect(readBackup(to), `byte ${at}`).rejects.toMatchObject({ code: 'backup-corrupt' });
    }
    await writeFile(to, whole.subarray(0, -1));
    const there = await elsewhere();
    const how = { actor: 'command-line', unseal: kekProvider };
    await expect(restoreBackup(to, there, how)).rejects.toMatchObject({ code: 'backup-corrupt' });
    expect(await readdir(there.dir)).toEqual([]);
  });
});

describe('a store that stood aside for another', () => {
  it('comes back unless the other is there', async () => {
    const hash = await fill(1);
    const { place } = filesOf(dir);
    await rename(place, join(dir, 'store.replaced'));
    expect(await using((store) => store.stateHash())).toBe(hash);
    await cp(place, join(dir, 'store.replaced'), { recursive: true });
    expect(await using((store) => store.stateHash())).toBe(hash);
    expect(await readdir(dir)).toEqual(['store']);
  });
});

describe('a reset that a crash interrupted', () => {
  it('goes on when the store opens again, and leaves the tombstones', async () => {
    await fill(3);
    const { place } = filesOf(dir);
    await using(async (store) => {
      const reset = store.resetCollection(ME, 'c');
      // The first step is done before this transaction, and the rest comes after it.
      await store.parts.sql.read(async () => cpSync(place, `${place}-copy`, { recursive: true }));
      await reset;
    });
    await rm(place, { recursive: true });
    await rename(`${place}-copy`, place);
    await using(async (store) => {
      expect(await store.listFaces(ME, 'c')).toMatchObject({ total: 0 });
      expect(await store.tombstones()).toHaveLength(3);
      expect(await store.inspectSealed()).toBe(0);
      expect(await store.scrub()).toBe(true);
    });
  });
});

describe('a bit that differs', () => {
  const FLIPS = 200;

  it(`in any of ${FLIPS} random places of the database is an error or makes no difference`, async () => {
    // So many that indexes of empty tables, which no answer needs, are few of the pages.
    await fill(130);
    const { database } = filesOf(dir);
    const answers = () =>
      using(async (store) => {
        const { faces } = await store.listFaces(ME, 'c');
        const ids = await store.referenceIds(ME, 'c', 'model-1');
        const templates = await store.references(ME, 'model-1', ids);
        const keys = await store.accounts.keys('account');
        const found = await store.faceIdsByExternalKey(ME, 'c', 'key-0');
        const coded = await store.faceByAccessCode(ME, 'c', new Uint8Array(32));
        const state = await store.stateHash();
        return [state, faces, templates, keys, found, coded, await kinds(store)];
      });
    const truth = await answers();
    const whole = await readFile(database);
    const random = seeded(6);
    let refused = 0;
    for (let i = 0; i < FLIPS; i++) {
      const damaged = Buffer.from(whole);
      damaged[Math.floor(random() * whole.length)]! ^= 1 << Math.floor(random() * 8);
      await writeFile(database, damaged);
      const answer = await answers().catch((error: unknown) => error);
      const isRefused = answer instanceof LintelError && answer.code === 'store-corrupt';
      refused += isRefused ? 1 : 0;
      expect(isRefused ? truth : answer).toEqual(truth);
    }
    // Free pages and the few that no answer needed apart.
    expect(refused).toBeGreaterThan(FLIPS * 0.85);
  });
});

describe('the pages of the file', () => {
  it('are read without SQLite, and every flip is found', async () => {
    await fill(3);
    await withDataKey(dir, kekProvider, async (path, dataKey) => {
      const pages = await Array.fromAsync(readPages(path, dataKey));
      expect(Buffer.concat(pages).toString('latin1')).toContain('CREATE TABLE');
      expect(Buffer.concat(pages).includes('key-2')).toBe(true);
      const copy = join(folder, 'flipped.db');
      await copyFile(path, copy);
      const whole = await readFile(copy);
      const random = seeded(9);
      for (let i = 0; i < 50; i++) {
        const damaged = Buffer.from(whole);
        damaged[Math.floor(random() * whole.length)]! ^= 1;
        await writeFile(copy, damaged);
        await expect(Array.fromAsync(readPages(copy, dataKey))).rejects.toMatchObject({
          code: 'store-corrupt',
        });
      }
    });
  });
});

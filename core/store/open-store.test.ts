import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { rmSync } from 'node:fs';
import {
  chmod,
  copyFile,
  cp,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  truncate,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isDeepStrictEqual, promisify } from 'node:util';
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { LintelError } from '#contract';
import { openDatabase } from './file/database.ts';
import { fileKekProvider, LOCAL_ACCOUNT as ME, openStore, type Store } from './index.ts';
import { readSealedKey } from './keys/sealed-key.ts';
import { storeInFile } from './store-in-file.ts';
import { newFaceId, newReference } from './testing/made-up-faces.ts';

const folder = await mkdtemp(join(tmpdir(), 'lintel-at-rest-'));
afterAll(() => rm(folder, { recursive: true }));
afterEach(() => void vi.unstubAllEnvs());

const MODEL = 'model-1';
let dir: string;
let key: string;
let place: string;
let database: string;

beforeEach(async () => {
  dir = await mkdtemp(join(folder, 'data-'));
  key = join(await mkdtemp(join(folder, 'config-')), 'lintel', 'key');
  place = join(dir, 'store');
  database = join(place, 'store.db');
});

const open = (): Promise<Store> => openStore({ dir, kekProvider: fileKekProvider(key) });

const enrol = (store: Store, externalKey: string | null = null) =>
  store.addFace(ME, 'c', {
    faceId: newFaceId(),
    references: Array.from({ length: 10 }, () => ({ ...newReference(), image: Buffer.from('image') })),
    externalKey,
  });

/** A closed store of three faces with ten references each. */
async function createFilled(): Promise<void> {
  const store = await open();
  await store.createCollection(ME, 'c');
  await store.setSecret('s', Uint8Array.of(1));
  for (let i = 0; i < 3; i++) await enrol(store, `key-${i}`);
  await store.close();
}

/** Opens the store, reads all there is by every way to it, and counts the references. */
async function readAll(store: Store): Promise<number> {
  await store.listCollections(ME);
  await store.getSecret('s');
  await store.faceByAccessCode(ME, 'c', new Uint8Array(32));
  for (const { faceId, externalKey } of (await store.listFaces(ME, 'c')).faces) {
    await store.getFace(ME, 'c', faceId);
    if (externalKey !== null) await store.faceIdsByExternalKey(ME, 'c', externalKey);
  }
  const ids = await store.referenceIds(ME, 'c', MODEL);
  for (const id of ids) await store.referenceImage(ME, id);
  for await (const line of store.audit.lines()) expect(line).toContain('"n"');
  await store.tombstones();
  await store.scrub();
  return (await store.references(ME, MODEL, ids)).length;
}

async function using<T>(work: (store: Store) => Promise<T>): Promise<T> {
  const store = await open();
  try {
    return await work(store);
  } finally {
    await store.close();
  }
}

async function contents(root: string): Promise<Map<string, Buffer>> {
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return new Map(
    await Promise.all(files.toSorted().map(async (file) => [file, await readFile(file)] as const)),
  );
}

async function hashes(root: string): Promise<string[]> {
  return [...(await contents(root))].map(
    ([file, bytes]) => `${file} ${createHash('sha256').update(bytes).digest('hex')}`,
  );
}

/** The code that an attempt is refused with, provided that it left every file as it was. */
async function refusal(attempt: () => Promise<unknown> = open): Promise<string> {
  const before = await hashes(dir);
  const code = await attempt().then(
    () => 'not refused',
    (error: unknown) => (error instanceof LintelError ? error.code : String(error)),
  );
  return isDeepStrictEqual(await hashes(dir), before) ? code : `${code}, but something changed`;
}

const mode = async (path: string): Promise<string> => ((await stat(path)).mode & 0o777).toString(8);

async function flip(file: string, offset: number): Promise<void> {
  const bytes = await readFile(file);
  bytes[offset]! ^= 0x01;
  await writeFile(file, bytes);
}

/** What a power cut leaves: one more face is only in the log, which is not yet moved into the database. */
async function crash(): Promise<void> {
  await createFilled();
  await using(async (store) => {
    await enrol(store);
    await cp(place, `${place}-copy`, { recursive: true });
  });
  await rm(place, { recursive: true });
  await rename(`${place}-copy`, place);
  await rm(`${database}-shm`);
}

const raw = async () =>
  openDatabase(database, (await readSealedKey(join(place, 'store.key'), fileKekProvider(key))).dataKey);

describe('a new store', () => {
  it('is readable by its owner only, and opens again', async () => {
    await createFilled();
    expect(await mode(key)).toBe('600');
    expect(await mode(place)).toBe('700');
    expect(await mode(database)).toBe('600');
    expect(await mode(join(place, 'store.key'))).toBe('600');
    expect(await readdir(place)).toHaveLength(2);
    expect(await readdir(dir)).toEqual(['store']);
    expect(await using(readAll)).toBe(30);
  });

  it('uses a key that is there already', async () => {
    await createFilled();
    const before = await readFile(key, 'utf8');
    dir = await mkdtemp(join(folder, 'data-'));
    await (await open()).close();
    expect(await readFile(key, 'utf8')).toBe(before);
  });

  it('is not begun when the key cannot be made', async () => {
    await writeFile(join(dir, 'in-the-way'), '');
    key = join(dir, 'in-the-way', 'key');
    expect(await refusal()).toBe('store-key-missing');
  });

  it('is one store for several processes that create and fill it at the same time', async () => {
    const script = `
      const { openStore, fileKekProvider } = await import(${JSON.stringify(new URL('./index.ts', import.meta.url).href)});
      const { dir, key } = ${JSON.stringify({ dir, key })};
      const store = await openStore({ dir, kekProvider: fileKekProvider(key) });
      await store.createCollection('local', 'c').catch(() => {});
      for (let i = 0; i < 10; i++) {
        const faceId = 'face_' + Buffer.from(crypto.getRandomValues(new Uint8Array(16))).toString('hex');
        const template = new Float32Array(512).fill(Math.sqrt(1 / 512));
        await store.addFace('local', 'c', { faceId, references: [{ modelId: 'model-1', template, quality: 1, source: 'api' }] });
      }
      await store.close();`;
    const run = () => promisify(execFile)(process.execPath, ['--input-type=module', '-e', script]);
    await Promise.all([run(), run(), run()]);
    expect(await using(readAll)).toBe(30);
    expect(await readdir(dir)).toEqual(['store']);
  });
});

describe('on the disk', () => {
  it('nothing can be read without the key', async () => {
    const store = await open();
    const image = Buffer.from('image plainly visible');
    const reference = { ...newReference('model-plainly-visible'), image };
    await store.createCollection(ME, 'collection-plainly-visible', 'description plainly visible');
    await store.addFace(ME, 'collection-plainly-visible', {
      faceId: 'face_00112233445566778899aabbccddeeff',
      references: [reference],
      externalKey: 'external-key-plainly-visible',
      metadata: { name: 'Name Plainly Visible' },
    });
    await store.setSecret('secret-name', Buffer.from('secret plainly visible'));
    const template = Buffer.from(reference.template.buffer);
    const words = ['SQLite format 3', 'CREATE TABLE', 'plainly', 'Plainly', 'secret-name', 'face_0011'];
    const secrets = [...words, template, template.subarray(0, 16), template.subarray(1024, 1040)];
    const expectNoneOf = async (fileCount: number) => {
      const files = await contents(dir);
      expect(files.size).toBe(fileCount);
      for (const [file, bytes] of files) {
        for (const secret of secrets)
          expect(bytes.includes(secret), `${file}: ${String(secret)}`).toBe(false);
      }
    };
    await expectNoneOf(4); // with the log and its index
    await store.close();
    await expectNoneOf(2);
  });
});

describe('the key file', () => {
  beforeEach(createFilled);

  it('must exist for a store that exists, and is not created again', async () => {
    await rm(key);
    expect(await refusal()).toBe('store-key-missing');
    await expect(stat(key)).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('must be the one the store was sealed with', async () => {
    await writeFile(key, `${'0123456789abcdef'.repeat(4)}\n`);
    expect(await refusal()).toBe('store-key-wrong');
  });

  it.each(['', 'not a key', 'f'.repeat(63)])('must hold a key, not "%s"', async (text) => {
    await writeFile(key, text);
    expect(await refusal()).toBe('store-key-wrong');
  });

  it.each([0o640, 0o604, 0o660])('must not be open to others (%o)', async (mode) => {
    await chmod(key, mode);
    expect(await refusal()).toBe('store-key-exposed');
  });

  it('is named by the environment, as a systemd credential, or in the user’s configuration', async () => {
    const credentials = await mkdtemp(join(folder, 'credentials-'));
    await copyFile(key, join(credentials, 'lintel.key'));
    await chmod(join(credentials, 'lintel.key'), 0o440);
    for (const env of [
      { LINTEL_KEY_FILE: key, CREDENTIALS_DIRECTORY: '/none', XDG_CONFIG_HOME: '/none' },
      { LINTEL_KEY_FILE: '', CREDENTIALS_DIRECTORY: credentials, XDG_CONFIG_HOME: '/none' },
      { LINTEL_KEY_FILE: '', CREDENTIALS_DIRECTORY: '', XDG_CONFIG_HOME: join(key, '..', '..') },
    ]) {
      for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value);
      const store = await openStore({ dir, kekProvider: fileKekProvider() });
      expect(await store.listCollections(ME)).toHaveLength(1);
      await store.close();
    }
  });

  it('does not open what another kind of provider sealed', async () => {
    const kekProvider = { ...fileKekProvider(key), kind: 'keychain' };
    expect(await refusal(() => openStore({ dir, kekProvider }))).toBe('store-key-wrong');
  });
});

describe('a damaged store', () => {
  beforeEach(createFilled);

  it.each(['store.db', 'store.key'])('is noticed when %s is missing', async (name) => {
    await rm(join(place, name));
    expect(await refusal()).toBe('store-corrupt');
  });

  it('is noticed when the database is cut anywhere', async () => {
    const whole = await readFile(database);
    for (const length of [
      0,
      1,
      100,
      4096,
      8191,
      8192,
      8193,
      whole.length >> 1,
      whole.length - 8192,
      whole.length - 1,
    ]) {
      await writeFile(database, whole.subarray(0, length));
      expect(await refusal()).toBe('store-corrupt');
    }
    await writeFile(database, whole);
    expect(await using(readAll)).toBe(30);
  });

  it('is noticed when a bit of any page differs, at the latest when the page is read', async () => {
    const whole = await readFile(database);
    for (let offset = 0; offset < whole.length; offset += 8192) {
      await flip(database, offset + (offset % 7919));
      // What comes before the page is read may be done, so each starts from the same file.
      const useAll = async (store: Store) => {
        await readAll(store);
        await enrol(store);
        await store.inspectPages();
      };
      expect(await refusal(() => using(useAll))).toMatch(/^store-corrupt/);
      await writeFile(database, whole);
      await rm(`${database}-wal`, { force: true });
      await rm(`${database}-shm`, { force: true });
    }
    expect(await using(readAll)).toBe(30);
  });

  it('is noticed when the sealed key is cut or differs, and not taken for a wrong key', async () => {
    const file = join(place, 'store.key');
    const { size } = await stat(file);
    for (let offset = 0; offset < size - 1; offset += 5) {
      await flip(file, offset);
      expect(await refusal()).toBe('store-corrupt');
      await flip(file, offset);
    }
    for (const length of [size - 2, size >> 1, 0]) {
      await truncate(file, length);
      expect(await refusal()).toBe('store-corrupt');
    }
  });

  it('is noticed when the database belongs to another key', async () => {
    const other = await readFile(database);
    await rm(place, { recursive: true });
    await createFilled();
    await writeFile(database, other);
    expect(await refusal()).toBe('store-corrupt');
  });
});

describe('after a crash', () => {
  beforeEach(crash);

  it('everything that was answered is there', async () => {
    expect((await stat(`${database}-wal`)).size).toBeGreaterThan(0);
    expect(await using(readAll)).toBe(40);
  });

  it('a damaged database is left as it is, its log too', async () => {
    const { size } = await stat(database);
    for (const length of [size - 1, size - 8192, size >> 1, 1]) {
      await truncate(database, length);
      // The log's index may appear: it holds no data, and SQLite creates it whenever it is missing.
      const attempt = () => open().finally(() => rmSync(`${database}-shm`, { force: true }));
      expect(await refusal(attempt)).toBe('store-corrupt');
    }
  });
});

describe('a store in trouble', () => {
  beforeEach(createFilled);

  it('of a newer version is left alone', async () => {
    const connection = await raw();
    connection.pragma('user_version = 999');
    connection.close();
    expect(await refusal()).toBe('store-newer');
  });

  it('says that the disk is full, and undoes the change', async () => {
    const connection = await raw();
    const store = storeInFile(connection);
    const pages = connection.pragma('page_count', { simple: true }) as number;
    connection.pragma(`max_page_count = ${pages + 2}`);
    const references = Array.from({ length: 10 }, () => newReference());
    await expect(store.addFace(ME, 'c', { faceId: newFaceId(), references })).rejects.toMatchObject({
      code: 'store-full',
    });
    expect(await store.listFaces(ME, 'c')).toMatchObject({ total: 3 });
    connection.pragma('max_page_count = 1000000');
    await store.addFace(ME, 'c', { faceId: newFaceId(), references });
    expect(await store.listFaces(ME, 'c')).toMatchObject({ total: 4 });
    await store.close();
  });

  it('says that another process holds it', async () => {
    const [holder, connection] = [await raw(), await raw()];
    connection.pragma('busy_timeout = 20');
    const store = storeInFile(connection);
    holder.exec('BEGIN IMMEDIATE');
    await expect(store.setSecret('s', Uint8Array.of(1))).rejects.toMatchObject({ code: 'store-busy' });
    holder.exec('ROLLBACK');
    await store.setSecret('s', Uint8Array.of(1));
    holder.close();
    await store.close();
  });
});

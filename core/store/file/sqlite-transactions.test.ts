import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3-multiple-ciphers';
import { expect, it } from 'vitest';
import { LintelError } from '#contract';
import { UnsyncedError } from '#core/store';
import type { Sync } from '../disk/log-sync.ts';
import { Secrets } from '../tables/secrets.ts';
import type { ReadTx, WriteTx } from '../sql/transactions.ts';
import { SqliteTransactions } from './sqlite-transactions.ts';

function open(sync: Sync | null = null) {
  const database = new Database(':memory:');
  database.exec('CREATE TABLE secrets (name TEXT PRIMARY KEY, value BLOB NOT NULL) STRICT');
  return new SqliteTransactions(database, sync);
}

it('hands out what tables are read and written with', async () => {
  const sql = open();
  const secrets = new Secrets();
  await sql.write((tx) => secrets.set(tx, 'a', Uint8Array.of(1)));
  expect(await sql.read((tx) => secrets.get(tx, 'a'))).toEqual(Buffer.of(1));
  const fails = sql.write(async (tx) => {
    await secrets.set(tx, 'a', null);
    throw new RangeError();
  });
  await expect(fails).rejects.toThrow(RangeError);
  expect(await sql.read((tx) => secrets.get(tx, 'a'))).toEqual(Buffer.of(1));
});

it('says of what it wrote and the disk did not confirm that it stands, and what came of it', async () => {
  const sql = open(() => Promise.reject(new LintelError('disk-failing')));
  const secrets = new Secrets();
  const write = sql.write(async (tx) => {
    await secrets.set(tx, 'a', Uint8Array.of(1));
    return 'result';
  });
  await expect(write).rejects.toBeInstanceOf(UnsyncedError);
  await expect(write).rejects.toMatchObject({ code: 'disk-failing', result: 'result' });
  expect(await sql.read((tx) => secrets.get(tx, 'a'))).toEqual(Buffer.of(1));
});

it('undoes a part that fails, and keeps the rest', async () => {
  const sql = open();
  const secrets = new Secrets();
  await sql.write(async (tx) => {
    await secrets.set(tx, 'a', Uint8Array.of(1));
    const part = async () => {
      await secrets.set(tx, 'b', Uint8Array.of(2));
      throw new RangeError();
    };
    await expect(tx.part(part)).rejects.toThrow(RangeError);
  });
  expect(await sql.read((tx) => secrets.get(tx, 'a'))).not.toBeNull();
  expect(await sql.read((tx) => secrets.get(tx, 'b'))).toBeNull();
});

it('runs one transaction at a time, and shows nobody what is not committed', async () => {
  const sql = open();
  const secrets = new Secrets();
  const seen: (string | undefined)[] = [];
  const look = () => sql.read(async (tx) => void seen.push((await secrets.get(tx, 'a'))?.toString('hex')));
  const { promise: isHeld, resolve: letGo } = Promise.withResolvers<void>();
  const first = sql.write(async (tx) => {
    await secrets.set(tx, 'a', Uint8Array.of(1));
    await isHeld;
    await secrets.set(tx, 'a', Uint8Array.of(2));
  });
  const others = [look(), sql.write((tx) => secrets.set(tx, 'a', Uint8Array.of(3))), sql.alone(() => {})];
  await new Promise((resolve) => setImmediate(resolve));
  expect(seen).toEqual([]);
  letGo();
  await Promise.all([first, ...others]);
  await look();
  expect(seen).toEqual(['02', '03']);
});

it('refuses a transaction within another, which would wait for itself', async () => {
  const sql = open();
  await expect(sql.write(() => sql.read(async () => 1))).rejects.toThrow('within another');
  expect(await sql.read(async () => 2)).toBe(2);
});

it('holds writes back while somebody else writes, and goes on reading', async () => {
  const sql = open();
  const secrets = new Secrets();
  const { promise: isDone, resolve: end } = Promise.withResolvers<void>();
  const aside = sql.standAside(() => isDone);
  const write = sql.write((tx) => secrets.set(tx, 'a', Uint8Array.of(1)));
  await new Promise((resolve) => setImmediate(resolve));
  expect(await sql.read((tx) => secrets.get(tx, 'a'))).toBeNull();
  end();
  await Promise.all([aside, write]);
  expect(await sql.read((tx) => secrets.get(tx, 'a'))).not.toBeNull();
});

it('waits for another process to have written, and reads and does other things meanwhile', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'lintel-'));
  const file = join(folder, 'a.db');
  const [other, own] = [new Database(file), new Database(file, { timeout: 5_000 })];
  try {
    own.exec('PRAGMA journal_mode = WAL; CREATE TABLE secrets (name TEXT PRIMARY KEY, value BLOB NOT NULL)');
    const sql = new SqliteTransactions(own, null);
    const secrets = new Secrets();
    other.exec('BEGIN IMMEDIATE');
    const write = sql.write((tx) => secrets.set(tx, 'a', Uint8Array.of(1)));
    await new Promise((resolve) => setImmediate(resolve));
    expect(await sql.read((tx) => secrets.get(tx, 'a'))).toBeNull();
    other.exec('ROLLBACK');
    await write;
    expect(await sql.read((tx) => secrets.get(tx, 'a'))).toEqual(Buffer.of(1));
    expect(own.pragma('busy_timeout', { simple: true })).toBe(5_000);
  } finally {
    own.close();
    other.close();
    rmSync(folder, { recursive: true });
  }
});

/** Never called: the compiler refuses each of these, or this file. */
export async function refused(secrets: Secrets, readTx: ReadTx): Promise<void> {
  // @ts-expect-error nothing is written while reading
  await secrets.set(readTx, 'a', null);
  // @ts-expect-error no table works outside of a transaction
  await secrets.get('a');
  // @ts-expect-error nobody makes a transaction
  const made: ReadTx = {
    get: async () => null,
    all: async () => [],
    each: async function* each() {},
  };
  const writing = { run: async () => ({ changes: 0 }), insert: async () => 0, part: async () => {} };
  // @ts-expect-error nor makes one that writes of one that reads
  const more: WriteTx = { ...readTx, ...writing };
  await secrets.get(made, 'a');
  await secrets.get(more, 'a');
}

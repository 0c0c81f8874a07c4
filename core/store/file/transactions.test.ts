import Database from 'better-sqlite3-multiple-ciphers';
import { expect, it } from 'vitest';
import { Secrets } from '../tables/secrets.ts';
import { Transactions, type ReadTx, type WriteTx } from './transactions.ts';

function open() {
  const database = new Database(':memory:');
  database.exec('CREATE TABLE secrets (name TEXT PRIMARY KEY, value BLOB NOT NULL) STRICT');
  return new Transactions(database, null);
}

it('hands out what tables are read and written with', async () => {
  const sql = open();
  const secrets = new Secrets();
  await sql.write((tx) => secrets.set(tx, 'a', Uint8Array.of(1)));
  expect(await sql.read((tx) => secrets.get(tx, 'a'))).toEqual(Buffer.of(1));
  const fails = sql.write((tx) => {
    secrets.set(tx, 'a', null);
    throw new RangeError();
  });
  await expect(fails).rejects.toThrow(RangeError);
  expect(await sql.read((tx) => secrets.get(tx, 'a'))).toEqual(Buffer.of(1));
});

it('undoes a part that fails, and keeps the rest', async () => {
  const sql = open();
  const secrets = new Secrets();
  await sql.write((tx) => {
    secrets.set(tx, 'a', Uint8Array.of(1));
    const part = () => {
      secrets.set(tx, 'b', Uint8Array.of(2));
      throw new RangeError();
    };
    expect(() => tx.part(part)).toThrow(RangeError);
  });
  expect(await sql.read((tx) => secrets.get(tx, 'a'))).not.toBeNull();
  expect(await sql.read((tx) => secrets.get(tx, 'b'))).toBeNull();
});

/** Never called: the compiler refuses each of these, or this file. */
export function refused(secrets: Secrets, readTx: ReadTx): void {
  // @ts-expect-error nothing is written while reading
  secrets.set(readTx, 'a', null);
  // @ts-expect-error no table works outside of a transaction
  secrets.get('a');
  // @ts-expect-error nobody makes a transaction
  const made: ReadTx = {
    get: () => null,
    all: () => [],
    each: () => [].values(),
    values: () => [].values(),
  };
  // @ts-expect-error nor makes one that writes of one that reads
  const more: WriteTx = { ...readTx, run: () => ({ changes: 0, id: 0 }), part: () => {} };
  secrets.get(made, 'a');
  secrets.get(more, 'a');
}

import Database from 'better-sqlite3-multiple-ciphers';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { AuditRecord, LintelError } from '#contract';
import { LOCAL_ACCOUNT as ME, storeInFile, UnsyncedError, type SqlStore } from '#core/store';
import { migrate } from '../store/migrations/migrate.ts';
import { requirePlausibleClock, trustClock } from './index.ts';

let store: SqlStore;

/** On a disk that confirms nothing. */
beforeEach(() => {
  const database = new Database(':memory:');
  migrate(database);
  store = storeInFile(database, { sync: () => Promise.reject(new LintelError('disk-failing')) });
});
afterEach(() => store.close());

const kinds = () =>
  Array.fromAsync(store.audit.lines(), (line) => AuditRecord.parse(JSON.parse(line)).entry.kind);

it('records once that the clock is doubted, and that it is trusted, though the disk confirms nothing', async () => {
  await expect(store.createCollection(ME, 'c')).rejects.toBeInstanceOf(UnsyncedError);
  const look = () => requirePlausibleClock(store, new Date('2040-01-01'), 0);
  await expect(look()).rejects.toMatchObject({ code: 'disk-failing' });
  await expect(look()).rejects.toBeInstanceOf(LintelError);
  await expect(trustClock(store)).rejects.toBeInstanceOf(UnsyncedError);
  expect(await kinds()).toEqual(['collection-created', 'clock-doubted', 'clock-trusted']);
});

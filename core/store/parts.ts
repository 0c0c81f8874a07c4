import type Database from 'better-sqlite3-multiple-ciphers';
import { AuditTable } from './audit-table.ts';
import { Biometrics } from './biometrics.ts';
import { Collections } from './collections.ts';
import { Erasure } from './erasure.ts';
import { ExternalKeys } from './external-keys.ts';
import { Faces } from './faces.ts';
import { References } from './references.ts';
import { ReplyTable } from './reply-table.ts';
import { folded } from './rows.ts';
import { Scrubber, type Contains } from './scrubber.ts';
import { Secrets } from './secrets.ts';
import { ServingModels } from './serving-model.ts';
import { Statements } from './statements.ts';
import { Tombstones } from './tombstones.ts';
import { Trash } from './trash.ts';

/** What the store consists of: one connection, and who knows which of its tables. */
export function partsOf(database: Database.Database, contains: Contains) {
  database.function('folded', { deterministic: true }, folded);
  const sql = new Statements(database);
  const secrets = new Secrets(sql);
  const biometrics = new Biometrics(sql, secrets);
  const models = new ServingModels(sql);
  const tombstones = new Tombstones(sql);
  const audit = new AuditTable(sql, secrets);
  const collections = new Collections(sql);
  const faces = new Faces(sql);
  const trash = new Trash(sql, tombstones);
  const replies = new ReplyTable(sql);
  const erasure = new Erasure(audit, tombstones, collections, faces, replies);
  return {
    database,
    contains,
    sql,
    secrets,
    biometrics,
    models,
    tombstones,
    audit,
    collections,
    faces,
    references: new References(sql, biometrics, models),
    trash,
    replies,
    erasure,
    keys: new ExternalKeys(collections, faces, tombstones, audit, erasure),
    scrubber: new Scrubber(database, sql, tombstones, trash, contains),
  };
}

export type Parts = ReturnType<typeof partsOf>;

import type Database from 'better-sqlite3-multiple-ciphers';
import { AuditTable } from './audit-table.ts';
import { Biometrics } from './biometrics.ts';
import { Changes } from './changes.ts';
import { Collections } from './collections.ts';
import { Conflicts } from './conflicts.ts';
import { DeviceTable } from './device-table.ts';
import { Erasure } from './erasure.ts';
import { ExternalKeys } from './external-keys.ts';
import { FaceRecords } from './face-records.ts';
import { Faces } from './faces.ts';
import { matches } from './folded.ts';
import { GrantedFrames } from './granted-frames.ts';
import { Outbox } from './outbox.ts';
import { Particulars } from './particulars.ts';
import type { KeptHeads } from './kept-heads.ts';
import { Lineage } from './lineage.ts';
import type { Sync } from './log-sync.ts';
import { Newcomers } from './newcomers.ts';
import type { RequireSame } from './read-only.ts';
import { References } from './references.ts';
import { RemoteChanges } from './remote-changes.ts';
import { RemoteFaces } from './remote-faces.ts';
import { ReplyTable } from './reply-table.ts';
import { Scrubber, type Contains, type Rewrite } from './scrubber.ts';
import { Secrets } from './secrets.ts';
import { ServingModels } from './serving-model.ts';
import { Statements } from './statements.ts';
import { TemplateLengths } from './template-lengths.ts';
import { Tombstones } from './tombstones.ts';
import { Trash } from './trash.ts';

/** What the store does with its file besides SQLite's own doings. */
export interface FileAccess {
  /** Whether traces are left in it. */
  readonly contains: Contains;
  readonly rewrite: Rewrite;
  /** After each commit; null: SQLite waits for the disk itself. */
  readonly sync: Sync | null;
  /** Of a copy, to which nothing is written. */
  readonly requireSame: RequireSame | null;
  /** Where the last head of the audit log is kept besides. */
  readonly heads: KeptHeads | null;
}

/** What the store consists of: one connection, and who knows which of its tables. */
export function partsOf(
  database: Database.Database,
  { contains, rewrite, sync, requireSame, heads }: FileAccess,
) {
  database.function(
    'matches',
    { deterministic: true },
    (query: string, faceId: string, key: string | null, name: string | null) =>
      Number(matches(query, faceId, key, name)),
  );
  const sql = new Statements(database, sync, requireSame);
  const secrets = new Secrets(sql);
  const lengths = new TemplateLengths(sql);
  const biometrics = new Biometrics(sql, secrets, lengths);
  const models = new ServingModels(sql, lengths);
  const tombstones = new Tombstones(sql);
  const audit = new AuditTable(sql, secrets);
  const collections = new Collections(sql);
  const faces = new Faces(sql);
  const particulars = new Particulars(sql);
  const references = new References(sql, biometrics, models);
  const outbox = new Outbox(sql);
  const changes = new Changes(sql);
  const trash = new Trash(sql, tombstones, collections, outbox);
  const replies = new ReplyTable(sql, tombstones);
  const erasure = new Erasure(audit, tombstones, collections, faces, particulars, replies);
  const records = new FaceRecords(sql, collections, faces, references, biometrics, models, lengths);
  return {
    database,
    contains,
    sql,
    secrets,
    biometrics,
    lengths,
    models,
    tombstones,
    audit,
    collections,
    faces,
    particulars,
    references,
    outbox,
    changes,
    conflicts: new Conflicts(sql),
    newcomers: new Newcomers(sql),
    grantedFrames: new GrantedFrames(sql),
    records,
    remote: new RemoteChanges(collections, faces, records, tombstones, trash, audit, erasure),
    remoteFaces: new RemoteFaces(sql, tombstones),
    devices: new DeviceTable(sql, changes),
    trash,
    replies,
    erasure,
    lineage: new Lineage(sql, audit, tombstones, heads),
    keys: new ExternalKeys(collections, faces, tombstones, audit, erasure, outbox),
    scrubber: new Scrubber(database, sql, tombstones, trash, contains, rewrite),
  };
}

export type Parts = ReturnType<typeof partsOf>;

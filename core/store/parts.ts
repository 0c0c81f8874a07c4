import type Database from 'better-sqlite3-multiple-ciphers';
import { AuditTable } from './tables/audit-table.ts';
import { BesideNotes } from './beside.ts';
import { Biometrics } from './tables/biometrics.ts';
import { Changes } from './tables/changes.ts';
import { Collections } from './tables/collections.ts';
import { Conflicts } from './tables/conflicts.ts';
import { Descriptors } from './tables/descriptors.ts';
import { DeviceTable } from './tables/device-table.ts';
import { Erasure } from './erasure.ts';
import { ExternalKeys } from './tables/external-keys.ts';
import { Faces } from './tables/faces.ts';
import { matches } from './tables/folded.ts';
import { GrantedFrames } from './tables/granted-frames.ts';
import { HeldRemovals } from './tables/held-removals.ts';
import { Outbox } from './tables/outbox.ts';
import { Parked } from './tables/parked.ts';
import { Particulars } from './tables/particulars.ts';
import { Profiles } from './tables/profiles.ts';
import type { KeptHeads } from './keys/kept-heads.ts';
import { Lineage } from './tables/lineage.ts';
import type { Sync } from './disk/log-sync.ts';
import { Newcomers } from './tables/newcomers.ts';
import type { RequireSame } from './disk/read-only.ts';
import { References } from './tables/references.ts';
import { ReplicaTable } from './tables/replica-table.ts';
import { Replicas } from './tables/replicas.ts';
import { RemoteFaces } from './tables/remote-faces.ts';
import { ReplyTable } from './tables/reply-table.ts';
import { Scrubber, type Contains, type Rewrite } from './erasing/scrubber.ts';
import { Secrets } from './tables/secrets.ts';
import { ServingModels } from './tables/serving-model.ts';
import { Statements } from './file/statements.ts';
import { TemplateLengths } from './tables/template-lengths.ts';
import { Tombstones } from './tables/tombstones.ts';
import { Trash } from './tables/trash.ts';
import { UnknownDeletions } from './tables/unknown-deletions.ts';
import { WebhookTable } from './tables/webhook-table.ts';

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
  const descriptors = new Descriptors(sql, biometrics);
  const references = new References(sql, biometrics, models, descriptors);
  const profiles = new Profiles(sql);
  const webhooks = new WebhookTable(sql, audit, 'device');
  const parked = new Parked(sql);
  const outbox = new Outbox(sql, parked);
  const changes = new Changes(sql);
  const trash = new Trash(sql, tombstones, collections, outbox);
  const replies = new ReplyTable(sql, tombstones);
  const erasure = new Erasure(
    audit,
    tombstones,
    collections,
    faces,
    particulars,
    profiles,
    replies,
    webhooks,
  );
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
    descriptors,
    profiles,
    webhooks,
    beside: new BesideNotes(profiles, webhooks),
    outbox,
    changes,
    conflicts: new Conflicts(sql),
    newcomers: new Newcomers(sql),
    grantedFrames: new GrantedFrames(sql),
    parked,
    held: new HeldRemovals(sql),
    replica: new ReplicaTable(sql),
    replicas: new Replicas(sql),
    unknownDeletions: new UnknownDeletions(sql),
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

import type Database from 'better-sqlite3-multiple-ciphers';
import { AuditTable } from './tables/audit-table.ts';
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
import { LineageTable } from './tables/lineage.ts';
import type { Sync } from './disk/log-sync.ts';
import { DedupeTable } from './tables/dedupe-table.ts';
import type { RequireSame } from './disk/read-only.ts';
import { References } from './tables/references.ts';
import { ReplicaTable } from './tables/replica-table.ts';
import { Replicas } from './tables/replicas.ts';
import { RemoteFaces } from './tables/remote-faces.ts';
import { ReplyTable } from './tables/reply-table.ts';
import { Scrubber, type Contains, type Rewrite } from './erasing/scrubber.ts';
import { Secrets } from './tables/secrets.ts';
import { ServingModels } from './tables/serving-model.ts';
import { Transactions } from './file/transactions.ts';
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
  const sql = new Transactions(database, sync, requireSame);
  const secrets = new Secrets();
  const lengths = new TemplateLengths();
  const biometrics = new Biometrics(secrets, lengths);
  const models = new ServingModels(lengths);
  const tombstones = new Tombstones();
  const audit = new AuditTable(secrets);
  const collections = new Collections();
  const faces = new Faces();
  const particulars = new Particulars();
  const descriptors = new Descriptors(biometrics);
  const references = new References(biometrics, models, descriptors);
  const profiles = new Profiles();
  const webhooks = new WebhookTable(sql, audit, 'device');
  const parked = new Parked();
  const outbox = new Outbox(parked);
  const changes = new Changes();
  const trash = new Trash(sql, tombstones, collections, outbox);
  const replies = new ReplyTable(sql, tombstones);
  const erasure = new Erasure({
    audit,
    tombstones,
    collections,
    faces,
    particulars,
    profiles,
    replies,
    webhooks,
  });
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
    outbox,
    changes,
    conflicts: new Conflicts(),
    dedupe: new DedupeTable(),
    grantedFrames: new GrantedFrames(sql),
    parked,
    held: new HeldRemovals(),
    replica: new ReplicaTable(),
    replicas: new Replicas(),
    unknownDeletions: new UnknownDeletions(),
    remoteFaces: new RemoteFaces(tombstones),
    devices: new DeviceTable(sql, changes),
    trash,
    replies,
    erasure,
    lineage: new LineageTable(sql, audit, tombstones, heads),
    externalKeys: new ExternalKeys({ collections, faces, tombstones, audit, erasure, outbox }),
    scrubber: new Scrubber({ database, sql, tombstones, trash, contains, rewrite }),
  };
}

export type Parts = ReturnType<typeof partsOf>;

import { AuditTable } from './tables/audit-table.ts';
import { Biometrics } from './tables/biometrics.ts';
import { Changes } from './tables/changes.ts';
import { Collections } from './tables/collections.ts';
import { Conflicts } from './tables/conflicts.ts';
import { Descriptors } from './tables/descriptors.ts';
import { DeviceEventTable } from './tables/device-event-table.ts';
import type { Engine } from './engine.ts';
import { Erasure } from './erasure.ts';
import { ExternalKeys } from './tables/external-keys.ts';
import { Faces } from './tables/faces.ts';
import { GrantedFrames } from './tables/granted-frames.ts';
import { HeldRemovals } from './tables/held-removals.ts';
import { Outbox } from './tables/outbox.ts';
import { Parked } from './tables/parked.ts';
import { Particulars } from './tables/particulars.ts';
import { Profiles } from './tables/profiles.ts';
import { LineageTable } from './tables/lineage.ts';
import { DedupeTable } from './tables/dedupe-table.ts';
import { References } from './tables/references.ts';
import { ReplicaTable } from './tables/replica-table.ts';
import { Replicas } from './tables/replicas.ts';
import { RemoteFaces } from './tables/remote-faces.ts';
import { ReplyTable } from './tables/reply-table.ts';
import { Scrubber } from './erasing/scrubber.ts';
import { Secrets } from './tables/secrets.ts';
import { ServingModels } from './tables/serving-model.ts';
import type { Transactions } from './sql/transactions.ts';
import { SiteEventTable } from './tables/site-event-table.ts';
import { TemplateLengths } from './tables/template-lengths.ts';
import { Tombstones } from './tables/tombstones.ts';
import { Trash } from './tables/trash.ts';
import { UnknownDeletions } from './tables/unknown-deletions.ts';
import { WebhookTable } from './tables/webhook-table.ts';

/** What the store consists of: one database, and who knows which of its tables. */
export function partsOf(engine: Engine) {
  const { heads, forgetting } = engine;
  const secrets = new Secrets();
  const lengths = new TemplateLengths();
  const biometrics = new Biometrics(secrets, lengths);
  const models = new ServingModels(lengths);
  const tombstones = new Tombstones();
  const audit = new AuditTable(secrets);
  const lineage = new LineageTable(engine.sql, audit, tombstones, heads);
  const sql = keepingHeads(engine.sql, audit, lineage);
  const collections = new Collections();
  const faces = new Faces();
  const particulars = new Particulars();
  const descriptors = new Descriptors(biometrics);
  const references = new References(biometrics, models, descriptors, collections);
  const profiles = new Profiles();
  const webhooks = new WebhookTable(sql, audit, tombstones, 'device');
  const parked = new Parked();
  const outbox = new Outbox(parked);
  const changes = new Changes();
  const trash = new Trash(sql, tombstones, collections, outbox);
  const replies = new ReplyTable(engine, tombstones);
  const erasure = new Erasure({
    forgetting,
    audit,
    tombstones,
    collections,
    faces,
    particulars,
    profiles,
    replies,
  });
  return {
    engine,
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
    deviceEvents: new DeviceEventTable(sql, audit, 'device'),
    siteEvents: new SiteEventTable(sql),
    trash,
    replies,
    erasure,
    lineage,
    externalKeys: new ExternalKeys({ collections, faces, tombstones, audit, erasure, outbox }),
    scrubber: new Scrubber({ engine, tombstones, trash }),
  };
}

/** Transactions after which what an older copy of the store would undo is in a head that is kept elsewhere. */
function keepingHeads(sql: Transactions, audit: AuditTable, lineage: LineageTable): Transactions {
  const kept = async <T>(written: Promise<T>): Promise<T> => {
    const result = await written;
    // What was deleted stays so, also where nothing can be kept beside the key.
    if (!audit.isKept) await lineage.keep().catch(() => undefined);
    return result;
  };
  return {
    read: (work) => sql.read(work),
    write: (work) => kept(sql.write(work)),
    writeUnsynced: (work) => sql.writeUnsynced(work),
  };
}

export type Parts = ReturnType<typeof partsOf>;

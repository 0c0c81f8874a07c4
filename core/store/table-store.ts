import { randomBytes } from 'node:crypto';
import type { Actor, AuditEntry, ErasedFace, SetBackDecision } from '#contract';
import type { LineageTable } from './tables/lineage.ts';
import { AccountTable } from './tables/account-table.ts';
import { noteBeside } from './beside.ts';
import { consentGiven, editOf, notedOver } from './noted.ts';
import { Deletions } from './deletions.ts';
import { DeviceEventTable } from './tables/device-event-table.ts';
import { DeviceTable } from './tables/device-table.ts';
import { DoorTable } from './tables/door-table.ts';
import { EventTargetTable } from './tables/event-target-table.ts';
import type { GrantedFrames } from './tables/granted-frames.ts';
import type { Engine } from './engine.ts';
import { partsOf, type Parts } from './parts.ts';
import type { ReplyTable } from './tables/reply-table.ts';
import type { AuditLog, ErasureReason, ErasureSubject, FaceQuery, NewFace } from './records.ts';
import { PageAccessTable } from './tables/page-access.ts';
import { KEY_BYTES } from './keys/seal.ts';
import { TableReferences } from './table-references.ts';
import { TemplateSoundness } from './soundness.ts';
import { TableAuditLog } from './table-audit-log.ts';
import type { SiteEventTable } from './tables/site-event-table.ts';
import type { WriteTx } from './sql/transactions.ts';
import type { Servers } from './servers.ts';
import type { SqlStore } from './sql-store.ts';
import type { Store } from './store.ts';
import { UsageTable } from './tables/usage-table.ts';
import { Users } from './users.ts';
import { VisitorTable } from './tables/visitor-table.ts';
import { WebhookTable } from './tables/webhook-table.ts';

/** A {@link Store} in the tables of an SQL database. */
export class TableStore extends TableReferences implements SqlStore {
  readonly #deletions: Deletions;
  readonly servers: Servers;
  readonly audit: AuditLog;
  readonly accounts: AccountTable;
  readonly pages: PageAccessTable;
  readonly usage: UsageTable;
  readonly users: Users;
  readonly webhooks: WebhookTable;
  readonly replies: ReplyTable;
  readonly devices: DeviceTable;
  readonly lineage: LineageTable;
  readonly grantedFrames: GrantedFrames;
  readonly soundness: TemplateSoundness;
  readonly door: DoorTable;
  readonly events: SiteEventTable;
  readonly eventTargets: EventTargetTable;
  readonly visitors: VisitorTable;
  readonly deviceEvents: DeviceEventTable;

  private constructor(parts: Parts, actor: Actor) {
    super(parts, actor);
    this.#deletions = new Deletions(parts, actor);
    this.servers = parts.engine.servers;
    this.accounts = new AccountTable({ ...parts, actor });
    this.pages = new PageAccessTable(parts.sql, parts.audit, actor);
    this.usage = new UsageTable(parts.engine);
    this.users = new Users(parts, actor);
    this.webhooks = new WebhookTable(parts.sql, parts.audit, parts.tombstones, actor);
    this.replies = parts.replies;
    this.devices = new DeviceTable(parts, actor);
    this.lineage = parts.lineage;
    this.grantedFrames = parts.grantedFrames;
    this.soundness = new TemplateSoundness(parts, actor);
    this.door = new DoorTable(parts.sql, parts.audit, parts.secrets, actor);
    this.events = parts.siteEvents;
    this.eventTargets = new EventTargetTable(parts.sql, parts.audit, actor);
    this.visitors = new VisitorTable(parts.sql, parts.tombstones);
    this.deviceEvents = new DeviceEventTable(parts.sql, parts.audit, actor);
    this.audit = new TableAuditLog(parts.sql, parts.audit, actor, () => parts.lineage.keep());
  }

  /** @param engine of the present schema; belongs to the store from now on */
  static over(engine: Engine): TableStore {
    return new TableStore(partsOf(engine), 'device');
  }

  as(actor: Actor): SqlStore {
    return new TableStore(this.parts, actor);
  }

  createCollection(account: string, collectionId: string, description: string | null = null) {
    return this.write(async (tx, { collections, outbox }) => {
      const now = timestamp();
      const collection = { collectionId, description, createdAt: now, updatedAt: now };
      await collections.requireRoom(tx, account, collectionId);
      await collections.create(tx, account, collection);
      await this.record(tx, { kind: 'collection-created', account, collectionId });
      await outbox.add(tx, account, 'collection-created', { collectionId }, { collectionId, description });
      return collection;
    });
  }

  getCollection(account: string, collectionId: string) {
    return this.read((tx, { collections }) => collections.get(tx, account, collectionId));
  }

  listCollections(account: string) {
    return this.read((tx, { collections }) => collections.list(tx, account));
  }

  updateCollection(account: string, collectionId: string, description: string | null) {
    return this.write(async (tx, { collections, outbox }) => {
      await collections.describe(tx, account, collectionId, description, timestamp());
      const updated = await collections.get(tx, account, collectionId);
      await this.record(tx, { kind: 'collection-updated', account, collectionId });
      await outbox.add(tx, account, 'collection-updated', { collectionId }, { collectionId, description });
      return updated;
    });
  }

  resetCollection(account: string, collectionId: string) {
    return this.#deletions.resetCollection(account, collectionId);
  }

  deleteCollection(account: string, collectionId: string) {
    return this.#deletions.deleteCollection(account, collectionId);
  }

  /** Remove what is left of collections that were reset or deleted, also before a crash. */
  emptyTrash(): Promise<void> {
    return this.parts.trash.empty();
  }

  addFace(account: string, collectionId: string, face: NewFace) {
    return this.write((tx) => this.#addFace(tx, account, collectionId, face));
  }

  addFaceUnlessChanged(account: string, collectionId: string, face: NewFace, revision: string) {
    return this.write(async (tx, { collections }) => {
      const isUnchanged = revision === (await collections.counter(tx, account, collectionId, 'revision'));
      return isUnchanged ? await this.#addFace(tx, account, collectionId, face) : null;
    });
  }

  addReferences(...[account, collectionId, faceId, added, options = {}]: Parameters<Store['addReferences']>) {
    const { makeRoom = false, most, beside } = options;
    return this.write(async (tx, parts) => {
      const { collections, faces, references, tombstones, audit, outbox } = parts;
      this.parts.engine.requireRoom();
      const collection = await collections.id(tx, account, collectionId);
      const face = await faces.id(tx, collection, faceId);
      const now = timestamp();
      const { added: uids, removed } = await references.add(
        tx,
        account,
        collection,
        face,
        added,
        now,
        makeRoom,
        most,
      );
      await noteBeside(tx, parts, account, faceId, face, beside);
      await faces.touch(tx, face, now);
      await collections.changed(tx, collection);
      const actor = added.every(({ source }) => source === 'automatic') ? 'device' : this.actor;
      const entry = { kind: 'references-added', account, collectionId, faceId } as const;
      await audit.append(tx, actor, { ...entry, references: added.length });
      const place = { collectionId, faceId };
      await outbox.add(tx, account, 'references-added', place, { ...place, uids });
      if (removed.length > 0) {
        await tombstones.requireScrub(tx);
        await outbox.add(tx, account, 'references-removed', place, { ...place, uids: removed });
      }
      return await faces.get(tx, collection, faceId);
    });
  }

  getFace(account: string, collectionId: string, faceId: string) {
    return this.read(
      async (tx, { collections, faces }) =>
        await faces.get(tx, await collections.id(tx, account, collectionId), faceId),
    );
  }

  listFaces(account: string, collectionId: string, query: FaceQuery = {}) {
    return this.read(
      async (tx, { collections, faces }) =>
        await faces.list(tx, await collections.id(tx, account, collectionId), query),
    );
  }

  deleteFace(account: string, collectionId: string, faceId: string) {
    return this.#deletions.deleteFace(account, collectionId, faceId);
  }

  deleteFacesByExternalKey(account: string, collectionId: string, externalKey: string) {
    return this.write((tx, { externalKeys }) =>
      externalKeys.deleteFaces(tx, this.actor, account, collectionId, externalKey),
    );
  }

  erase(account: string, who: ErasureSubject, reason?: ErasureReason) {
    return this.#deletions.erase(account, who, reason);
  }

  receipt(account: string, faceId: string) {
    return this.#deletions.receipt(account, faceId);
  }

  scrub() {
    return this.#deletions.scrub();
  }

  async tombstones() {
    await this.emptyTrash();
    return await this.read((tx, { tombstones }) => tombstones.all(tx));
  }

  /** Make sure that faces which were deleted elsewhere are not here and cannot come. @returns how many were here */
  forget(gone: readonly (ErasedFace & { readonly account: string })[]) {
    return this.#deletions.forget(gone);
  }

  async settleSetBack(decision: SetBackDecision) {
    const erasedAgain = await this.lineage.settle(this.actor, decision, (gone) => this.forget(gone));
    await this.scrub();
    return erasedAgain;
  }

  personalData(account: string, collectionId: string, faceId: string) {
    return this.write(async (tx, { collections, faces, particulars, biometrics, descriptors, profiles }) => {
      const collection = await collections.id(tx, account, collectionId);
      const face = await faces.get(tx, collection, faceId);
      const document = (await particulars.of(tx, collection, [faceId])).get(faceId)?.document ?? null;
      await this.record(tx, { kind: 'exported', what: 'person', faceId });
      const id = await faces.id(tx, collection, faceId);
      return {
        face,
        document,
        references: await biometrics.personal(tx, account, id),
        descriptors: await descriptors.personal(tx, id),
        email: await profiles.emailOf(tx, id),
        signIns: (
          await profiles.signIns(tx, id, { offset: 0, limit: Number.MAX_SAFE_INTEGER, isSuccess: null })
        ).signIns,
      };
    });
  }

  setExternalKey(
    ...[account, collectionId, faceId, externalKey, allowDuplicates]: Parameters<Store['setExternalKey']>
  ) {
    return this.write((tx, { externalKeys }) =>
      externalKeys.set(tx, this.actor, account, collectionId, faceId, externalKey, allowDuplicates),
    );
  }

  removeExternalKey(account: string, collectionId: string, externalKey: string, faceId: string | null) {
    return this.write((tx, { externalKeys }) =>
      externalKeys.remove(tx, this.actor, account, collectionId, externalKey, faceId),
    );
  }

  setMetadata(...[account, collectionId, faceId, metadata, document]: Parameters<Store['setMetadata']>) {
    return this.write(async (tx, { collections, faces, particulars, tombstones, outbox }) => {
      const collection = await collections.id(tx, account, collectionId);
      const face = await faces.id(tx, collection, faceId);
      const before = (await faces.get(tx, collection, faceId)).metadata;
      const noted = notedOver(before, metadata);
      await faces.setMetadata(tx, face, noted, timestamp());
      if (document !== undefined) await particulars.setDocument(tx, face, document);
      await collections.changed(tx, collection);
      const place = { collectionId, faceId };
      await this.record(tx, { kind: 'face-updated', account, ...place });
      for (const entry of consentGiven({ account, ...place }, before, noted)) await this.record(tx, entry);
      await tombstones.requireScrub(tx);
      await outbox.add(tx, account, 'metadata-set', place, {
        ...place,
        metadata: noted,
        edit: editOf(before, noted),
      });
      return await faces.get(tx, collection, faceId);
    });
  }

  particulars(account: string, collectionId: string, faceIds: readonly string[]) {
    return this.read(
      async (tx, { collections, particulars }) =>
        await particulars.of(tx, await collections.id(tx, account, collectionId), faceIds),
    );
  }

  autoEnrols(account: string, collectionId: string) {
    return this.read(
      async (tx, { collections, particulars }) =>
        await particulars.autoEnrols(tx, await collections.id(tx, account, collectionId)),
    );
  }

  setAutoEnrol(account: string, collectionId: string, autoEnrol: boolean) {
    return this.write(async (tx, { collections, particulars }) => {
      await particulars.setAutoEnrol(tx, await collections.id(tx, account, collectionId), autoEnrol);
      await this.record(tx, { kind: 'collection-updated', account, collectionId });
    });
  }

  faceIdsByExternalKey(account: string, collectionId: string, externalKey: string) {
    return this.read(
      async (tx, { collections, faces }) =>
        await faces.withExternalKey(tx, await collections.id(tx, account, collectionId), externalKey),
    );
  }

  setAccessCode(account: string, collectionId: string, faceId: string, hash: Uint8Array) {
    return this.write(async (tx, { collections, faces }) => {
      const collection = await collections.id(tx, account, collectionId);
      if (!(await faces.setCode(tx, await faces.id(tx, collection, faceId), hash))) return false;
      await this.record(tx, { kind: 'access-code-set', account, collectionId, faceId });
      return true;
    });
  }

  faceByAccessCode(account: string, collectionId: string, hash: Uint8Array) {
    return this.read(
      async (tx, { collections, faces }) =>
        await faces.withCode(tx, await collections.id(tx, account, collectionId), hash),
    );
  }

  unlearn(account: string, collectionId: string, faceId: string) {
    return this.#deletions.unlearn(account, collectionId, faceId);
  }

  getSecret(name: string): Promise<Uint8Array | null> {
    return this.read((tx, { secrets }) => secrets.get(tx, name));
  }

  setSecret(name: string, value: Uint8Array | null, entry?: AuditEntry): Promise<void> {
    return this.write(async (tx, { secrets }) => {
      await secrets.set(tx, name, value);
      if (entry !== undefined) await this.record(tx, entry);
    });
  }

  changeSecret(name: string, change: (value: Uint8Array | null) => Uint8Array | null, entry?: AuditEntry) {
    return this.write(async (tx, { secrets }) => {
      const value = await secrets.get(tx, name);
      const next = change(value);
      if (next === value) return next;
      await secrets.set(tx, name, next);
      if (entry !== undefined) await this.record(tx, entry);
      return next;
    });
  }

  async sharedSecret(name: string): Promise<Uint8Array> {
    const known = await this.getSecret(name);
    if (known !== null) return known;
    return (await this.changeSecret(name, (value) => value ?? randomBytes(KEY_BYTES)))!;
  }

  async inspectPages(): Promise<void> {
    await this.parts.engine.contains([]);
  }

  stateHash() {
    return this.parts.engine.stateHash();
  }

  async close(): Promise<void> {
    await this.lineage.keep().catch(() => undefined);
    await this.parts.engine.close();
  }

  async #addFace(tx: WriteTx, account: string, collectionId: string, face: NewFace) {
    const { parts } = this;
    const { collections, faces, particulars, biometrics, references, tombstones, outbox } = parts;
    parts.engine.requireRoom();
    const collection = await collections.id(tx, account, collectionId);
    await tombstones.refuse(tx, account, face.faceId);
    const now = timestamp();
    const id = await faces.add(tx, collection, face, now);
    if (face.particulars) await particulars.add(tx, id, face.particulars.document, face.particulars.live);
    await biometrics.addFaceKey(tx, id);
    const { added: uids } = await references.add(tx, account, collection, id, face.references, now);
    await noteBeside(tx, parts, account, face.faceId, id, face.beside);
    await collections.changed(tx, collection);
    const { faceId, externalKey = null, metadata = {} } = face;
    await this.record(tx, { kind: 'enrolled', account, collectionId, faceId, references: uids.length });
    for (const entry of consentGiven({ account, collectionId, faceId }, {}, metadata))
      await this.record(tx, entry);
    await outbox.add(tx, account, 'face-added', { collectionId, faceId }, { externalKey, metadata, uids });
    return await faces.get(tx, collection, faceId);
  }
}

const timestamp = (): string => new Date().toISOString();

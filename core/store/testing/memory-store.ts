import { createHash, randomBytes } from 'node:crypto';
import { setImmediate as breathe } from 'node:timers/promises';
import { LintelError, MAX_COLLECTIONS, type Actor, type Face, type SetBackDecision } from '#contract';
import { consentGiven, consentWithdrawn, notedOver } from '../noted.ts';
import type { ErasureReason, ErasureSubject, FaceQuery, NewFace } from '../records.ts';
import type { Store } from '../store.ts';
import { matches } from '../tables/folded.ts';
import { MemoryAuditLog } from './memory-audit-log.ts';
import { MemoryDevices } from './memory-devices.ts';
import { addReferences, insertFace } from './memory-enrolment.ts';
import { forgetNotes, receiptOf } from './memory-erasing.ts';
import { MemorySoundness, MemoryFrames } from './memory-guards.ts';
import { MemoryLineage } from './memory-lineage.ts';
import { note } from './memory-notes.ts';
import type { MemoryPlace } from './memory-place.ts';
import { MemoryReferences } from './memory-references.ts';
import type { FaceRow } from './memory-rows.ts';
import { MemoryAccounts, MemoryReplies, MemoryUsage } from './memory-server.ts';
import { MemoryPages } from './memory-pages.ts';
import { MemoryUsers } from './memory-users.ts';
import { MemoryWebhooks } from './memory-webhooks.ts';

/**
 * A {@link Store} that keeps nothing beyond its process: shows that the interface is one that others can implement, and
 * stands in for a store where no file is wanted. Each handle is of one actor; handles of one place see each other.
 */
export class MemoryStore extends MemoryReferences implements Store {
  readonly audit: MemoryAuditLog;
  readonly accounts: MemoryAccounts;
  readonly pages: MemoryPages;
  readonly usage: MemoryUsage;
  readonly users: MemoryUsers;
  readonly webhooks: MemoryWebhooks;
  readonly replies: MemoryReplies;
  readonly devices: MemoryDevices;
  readonly lineage: MemoryLineage;
  readonly grantedFrames: MemoryFrames;
  readonly soundness: MemorySoundness;

  constructor(place: MemoryPlace, actor: Actor = 'device') {
    super(place, actor);
    this.audit = new MemoryAuditLog(place, actor);
    this.accounts = new MemoryAccounts(place, actor);
    this.pages = new MemoryPages(place, actor);
    this.usage = new MemoryUsage(place);
    this.users = new MemoryUsers(place, actor);
    this.webhooks = new MemoryWebhooks(place, actor);
    this.replies = new MemoryReplies(place);
    this.devices = new MemoryDevices(place, actor);
    this.lineage = new MemoryLineage(place);
    this.grantedFrames = new MemoryFrames(place);
    this.soundness = new MemorySoundness(place);
  }

  as(actor: Actor): MemoryStore {
    return new MemoryStore(this.place, actor);
  }

  createCollection(account: string, collectionId: string, description: string | null = null) {
    return this.place.write(({ collections }) => {
      const known = this.place.collections(account);
      if (known.some((row) => row.collectionId === collectionId)) throw new LintelError('collection-exists');
      if (known.length >= MAX_COLLECTIONS) throw new LintelError('too-many-collections');
      const now = new Date().toISOString();
      const collection = { collectionId, description, createdAt: now, updatedAt: now };
      const id = this.place.nextId();
      const counters = { revision: 0, removals: 0, autoEnrol: false };
      collections.set(id, { id, account, ...collection, ...counters });
      this.place.touch(account, `collection ${collectionId}`);
      this.record({ kind: 'collection-created', account, collectionId });
      return collection;
    });
  }

  getCollection(account: string, collectionId: string) {
    return this.place.read(() => {
      const { description, createdAt, updatedAt } = this.place.collection(account, collectionId);
      return { collectionId, description, createdAt, updatedAt };
    });
  }

  listCollections(account: string) {
    return this.place.read(() =>
      this.place.collections(account).map(({ collectionId, description, createdAt, updatedAt }) => ({
        collectionId,
        description,
        createdAt,
        updatedAt,
      })),
    );
  }

  async updateCollection(account: string, collectionId: string, description: string | null) {
    await this.place.write(({ collections }) => {
      const row = this.place.collection(account, collectionId);
      collections.set(row.id, { ...row, description, updatedAt: new Date().toISOString() });
      this.place.touch(account, `collection ${collectionId}`);
      this.record({ kind: 'collection-updated', account, collectionId });
    });
    return await this.getCollection(account, collectionId);
  }

  resetCollection(account: string, collectionId: string) {
    return this.place.write(() => this.#empty('collection-reset', account, collectionId));
  }

  deleteCollection(account: string, collectionId: string) {
    return this.place.write(({ collections }) => {
      const row = this.place.collections(account).find((each) => each.collectionId === collectionId);
      if (row === undefined) return false;
      this.#empty('collection-deleted', account, collectionId);
      collections.delete(row.id);
      this.place.touch(account, `collection ${collectionId}`);
      return true;
    });
  }

  addFace(account: string, collectionId: string, added: NewFace) {
    return this.place.write(() => this.#addFace(account, collectionId, added));
  }

  addFaceUnlessChanged(account: string, collectionId: string, added: NewFace, revision: string) {
    return this.place.write(() => {
      const { id, revision: present } = this.place.collection(account, collectionId);
      return `${id}.${present}` === revision ? this.#addFace(account, collectionId, added) : null;
    });
  }

  addReferences(...[account, collectionId, faceId, added, options = {}]: Parameters<Store['addReferences']>) {
    const { makeRoom = false, most, beside } = options;
    return this.place.write(() => {
      const face = this.place.face(account, collectionId, faceId);
      addReferences(this.place, account, face, added, { makeRoom, ...(most !== undefined && { most }) });
      note(this.place, account, face, beside);
      this.place.update(face, { updatedAt: new Date().toISOString() });
      this.place.changed(face.collection);
      const actor = added.every(({ source }) => source === 'automatic') ? 'device' : this.actor;
      const entry = { kind: 'references-added', account, collectionId, faceId } as const;
      this.place.record(actor, { ...entry, references: added.length });
      return this.view(face);
    });
  }

  getFace(account: string, collectionId: string, faceId: string) {
    return this.place.read(() => this.view(this.place.face(account, collectionId, faceId)));
  }

  listFaces(account: string, collectionId: string, { query = '', offset = 0, limit }: FaceQuery = {}) {
    return this.place.read(() => {
      const all = this.place.facesIn(this.place.collection(account, collectionId));
      const wanted = query.trim();
      const found = all.filter(
        ({ faceId, externalKey, metadata }) =>
          wanted === '' || matches(wanted, faceId, externalKey, metadata.name ?? null),
      );
      const page = found.slice(offset, limit === undefined || limit < 0 ? undefined : offset + limit);
      return { faces: page.map((face) => this.view(face)), total: found.length };
    });
  }

  deleteFace(account: string, collectionId: string, faceId: string) {
    return this.place.write(() => {
      const found = this.place.facesIn(this.place.collection(account, collectionId));
      const face = found.find((row) => row.faceId === faceId);
      if (face !== undefined) this.#delete(account, collectionId, face);
      return face !== undefined;
    });
  }

  deleteFacesByExternalKey(account: string, collectionId: string, externalKey: string) {
    return this.place.write(() => {
      const found = this.#withExternalKey(account, collectionId, externalKey);
      for (const face of found) this.#delete(account, collectionId, face);
      return found.length;
    });
  }

  async erase(account: string, who: ErasureSubject, reason?: ErasureReason) {
    const { faces, line, mark } = await this.place.write((rows) => {
      const found = [...rows.faces.values()].filter(
        (face) =>
          this.place.accountOf(face) === account &&
          [undefined, rows.collections.get(face.collection)!.collectionId].includes(who.collectionId) &&
          ('faceId' in who ? face.faceId === who.faceId : face.externalKey === who.externalKey),
      );
      if (found.length === 0) throw new LintelError('face-not-found');
      const gone = found.map(({ faceId, collection }) => ({
        collectionId: rows.collections.get(collection)!.collectionId,
        faceId,
      }));
      for (const [i, place] of reason === 'consent-withdrawn' ? gone.entries() : [])
        this.record(consentWithdrawn({ account, ...place }, found[i]!.metadata));
      const { n } = this.record({ kind: 'erased', account, faces: gone });
      for (const face of found) this.place.bury(face, n);
      forgetNotes(
        this.place,
        account,
        gone.map(({ faceId }) => faceId),
      );
      return { faces: gone, line: n, mark: this.place.scrubMark };
    });
    await this.#clean(mark);
    return await this.place.write(() => receiptOf(this.place, account, faces, line));
  }

  async receipt(account: string, faceId: string) {
    const { collectionId, line } = await this.place.write((rows) => {
      const found = rows.tombstones.get(`${account} ${faceId}`);
      if (found === undefined) throw new LintelError('face-not-found');
      forgetNotes(this.place, account, [faceId]);
      return found;
    });
    await this.scrub();
    return await this.place.write(() => receiptOf(this.place, account, [{ collectionId, faceId }], line));
  }

  async scrub() {
    const mark = this.place.scrubMark;
    await this.#clean(mark);
    return mark !== null;
  }

  tombstones() {
    return this.place.read(({ tombstones }) =>
      [...tombstones.values()]
        .map(({ account, faceId, collectionId, deletedAt }) => ({ account, faceId, collectionId, deletedAt }))
        .toSorted((a, b) => (`${a.account} ${a.faceId}` < `${b.account} ${b.faceId}` ? -1 : 1)),
    );
  }

  async settleSetBack(decision: SetBackDecision) {
    const erasedAgain = await this.lineage.settle(this.actor, decision);
    await this.scrub();
    return erasedAgain;
  }

  setMetadata(...[account, collectionId, faceId, metadata, document]: Parameters<Store['setMetadata']>) {
    return this.place.write(() => {
      const face = this.place.face(account, collectionId, faceId);
      const updatedAt = new Date().toISOString();
      const before = face.metadata;
      const noted = notedOver(before, metadata);
      this.place.update(face, { metadata: noted, updatedAt, ...(document !== undefined && { document }) });
      this.place.changed(face.collection);
      this.place.requireScrub();
      this.record({ kind: 'face-updated', account, collectionId, faceId });
      for (const entry of consentGiven({ account, collectionId, faceId }, before, noted)) this.record(entry);
      return this.view(face);
    });
  }

  autoEnrols(account: string, collectionId: string) {
    return this.place.read(() => this.place.collection(account, collectionId).autoEnrol);
  }

  setAutoEnrol(account: string, collectionId: string, autoEnrol: boolean) {
    return this.place.write(({ collections }) => {
      const row = this.place.collection(account, collectionId);
      collections.set(row.id, { ...row, autoEnrol });
      this.record({ kind: 'collection-updated', account, collectionId });
    });
  }

  setExternalKey(
    ...[account, collectionId, faceId, externalKey, allowDuplicates]: Parameters<Store['setExternalKey']>
  ) {
    return this.place.write(() => {
      const face = this.place.face(account, collectionId, faceId);
      const others = this.#withExternalKey(account, collectionId, externalKey).filter(
        ({ id }) => id !== face.id,
      );
      if (!allowDuplicates && others.length > 0) throw new LintelError('external-key-in-use');
      this.place.update(face, { externalKey, updatedAt: new Date().toISOString() });
      this.place.changed(face.collection);
      this.record({ kind: 'external-key-set', account, collectionId, faceId });
      if (face.externalKey === null) return 'created';
      this.place.requireScrub();
      return 'updated';
    });
  }

  removeExternalKey(account: string, collectionId: string, externalKey: string, faceId: string | null) {
    return this.place.write(() => {
      const holders = this.#withExternalKey(account, collectionId, externalKey).filter(
        (face) => faceId === null || face.faceId === faceId,
      );
      for (const face of holders) {
        this.place.update(face, { externalKey: null, updatedAt: new Date().toISOString() });
        this.place.changed(face.collection);
        this.record({ kind: 'external-key-removed', account, collectionId, faceId: face.faceId });
      }
      if (holders.length > 0) this.place.requireScrub();
      return holders.length;
    });
  }

  faceIdsByExternalKey(account: string, collectionId: string, externalKey: string) {
    return this.place.read(() =>
      this.#withExternalKey(account, collectionId, externalKey).map(({ faceId }) => faceId),
    );
  }

  setAccessCode(account: string, collectionId: string, faceId: string, hash: Uint8Array) {
    return this.place.write(() => {
      const face = this.place.face(account, collectionId, faceId);
      const code = Buffer.from(hash).toString('hex');
      const others = this.place.facesIn(this.place.collection(account, collectionId));
      if (others.some((other) => other.id !== face.id && other.code === code)) return false;
      this.place.update(face, { code });
      this.record({ kind: 'access-code-set', account, collectionId, faceId });
      return true;
    });
  }

  faceByAccessCode(account: string, collectionId: string, hash: Uint8Array) {
    return this.place.read((): Face | null => {
      const code = Buffer.from(hash).toString('hex');
      const all = this.place.facesIn(this.place.collection(account, collectionId));
      const found = all.find((face) => face.code === code);
      return found === undefined ? null : this.view(found);
    });
  }

  getSecret(name: string) {
    return this.place.read(({ secrets }) => secrets.get(name) ?? null);
  }

  setSecret(...set: Parameters<Store['setSecret']>) {
    return this.place.write(() => this.keepSecret(...set));
  }

  changeSecret(...[name, change, entry]: Parameters<Store['changeSecret']>) {
    return this.place.write(({ secrets }) => {
      const value = secrets.get(name) ?? null;
      const next = change(value);
      if (next !== value) this.keepSecret(name, next, entry);
      return next;
    });
  }

  async sharedSecret(name: string) {
    return (await this.changeSecret(name, (value) => value ?? randomBytes(32)))!;
  }

  async inspectPages() {}

  stateHash() {
    return this.place.read(({ changes: _changes, ...rows }) =>
      createHash('sha256')
        .update(JSON.stringify(rows, (_key, value: unknown) => (value instanceof Map ? [...value] : value)))
        .digest('hex'),
    );
  }

  async close() {}

  /** Nothing is left in memory of what was deleted; but others may delete meanwhile, as where a file is cleaned. */
  #addFace(account: string, collectionId: string, added: NewFace) {
    const { faceId, references, externalKey = null, metadata = {}, particulars, beside } = added;
    const face = insertFace(this.place, account, collectionId, { faceId, externalKey, metadata });
    this.place.update(face, particulars ?? {});
    addReferences(this.place, account, face, references);
    note(this.place, account, face, beside);
    this.place.changed(face.collection);
    this.record({ kind: 'enrolled', account, collectionId, faceId, references: references.length });
    for (const entry of consentGiven({ account, collectionId, faceId }, {}, metadata)) this.record(entry);
    return this.view(face);
  }

  async #clean(mark: symbol | null): Promise<void> {
    await breathe();
    if (this.place.scrubMark === mark) this.place.scrubMark = null;
  }

  #withExternalKey(account: string, collectionId: string, externalKey: string): FaceRow[] {
    const all = this.place.facesIn(this.place.collection(account, collectionId));
    return all.filter((face) => face.externalKey === externalKey);
  }

  #delete(account: string, collectionId: string, face: FaceRow): void {
    const { n } = this.record({ kind: 'face-deleted', account, collectionId, faceId: face.faceId });
    this.place.bury(face, n);
  }

  #empty(kind: 'collection-reset' | 'collection-deleted', account: string, collectionId: string): void {
    const collection = this.place.collection(account, collectionId);
    const faces = this.place.facesIn(collection);
    const { n } = this.record({ kind, account, collectionId, faces: faces.length });
    for (const face of faces) this.place.bury(face, n);
    this.place.changed(collection.id, 1);
    this.place.requireScrub();
  }
}

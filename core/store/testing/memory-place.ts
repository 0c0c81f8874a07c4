import { randomBytes } from 'node:crypto';
import { LintelError, TEMPLATE_LENGTHS, type Actor, type AuditEntry, type AuditHead } from '#contract';
import { EMPTY_LOG, generateDeviceKey, headOf, link, linkCheckpoint, openDeviceKey } from '#core/audit';
import {
  createTemplateProtection,
  isTemplate,
  PROTECTION_KEY_BYTES,
  Recent,
  type TemplateProtection,
} from '#core/matching';
import type { Account } from '../server-records.ts';
import { Rows, type CollectionRow, type FaceRow } from './memory-rows.ts';

const CHECKPOINT_EVERY = 256;
const ROTATIONS = 32;

/** What all handles on one store in memory share. */
export class MemoryPlace {
  rows = new Rows();
  /** Lines of the audit log, and the number of the first. */
  lines: string[] = [];
  firstLine = 1;
  /** Stands for the last deletion that the place is to be cleaned of; null: none. */
  scrubMark: symbol | null = null;
  #lastId = 0;
  #rotations = new Recent<string, TemplateProtection>(ROTATIONS);

  constructor() {
    this.rows.secrets.set('device-key', generateDeviceKey());
    this.rows.secrets.set('template-protection', randomBytes(PROTECTION_KEY_BYTES));
  }

  async read<T>(work: (rows: Rows) => T): Promise<T> {
    return work(this.rows);
  }

  /** `work` counts as a whole, or not at all. */
  async write<T>(work: (rows: Rows) => T): Promise<T> {
    const before = { rows: new Rows(this.rows), lines: this.lines.length, scrubMark: this.scrubMark };
    try {
      return work(this.rows);
    } catch (error) {
      this.rows = before.rows;
      this.lines.length = before.lines;
      this.scrubMark = before.scrubMark;
      throw error;
    }
  }

  /** Never used twice. */
  nextId(): number {
    return ++this.#lastId;
  }

  /** @throws `account-not-found` */
  requireAccount(accountId: string): Account {
    const account = this.rows.accounts.get(accountId);
    if (account === undefined) throw new LintelError('account-not-found');
    return account;
  }

  requireScrub(): void {
    this.scrubMark = Symbol('scrub');
  }

  record(actor: Actor, entry: AuditEntry): AuditHead {
    const key = openDeviceKey(this.rows.secrets.get('device-key')!);
    if ((this.head().n + 1) % CHECKPOINT_EVERY === 0) {
      this.lines.push(linkCheckpoint(this.head(), new Date(), key).line);
    }
    this.lines.push(link(this.head(), new Date(), actor, entry).line);
    return this.head();
  }

  head(): AuditHead {
    const last = this.lines.at(-1);
    return last === undefined ? EMPTY_LOG : headOf(this.firstLine + this.lines.length - 1, last);
  }

  checkpoint(): AuditHead {
    const isSigned = this.lines.at(-1)?.includes('"entry":{"kind":"checkpoint"}') ?? true;
    if (!isSigned) {
      const key = openDeviceKey(this.rows.secrets.get('device-key')!);
      this.lines.push(linkCheckpoint(this.head(), new Date(), key).line);
    }
    return this.head();
  }

  protection(modelId: string, dimension: number): TemplateProtection {
    const secret = this.rows.secrets.get('template-protection')!;
    const name = `${Buffer.from(secret).toString('hex')} ${dimension} ${modelId}`;
    return this.#rotations.get(name, () => createTemplateProtection(secret, modelId, dimension));
  }

  /** A template that comes, as it is kept. @throws `template-invalid` */
  kept(account: string, modelId: string, template: Float32Array): Float32Array {
    const name = `${account} ${modelId}`;
    const length = TEMPLATE_LENGTHS[modelId] ?? this.rows.lengths.get(name) ?? template.length;
    if (template.length !== length || !isTemplate(template, length))
      throw new LintelError('template-invalid');
    this.rows.lengths.set(name, length);
    return this.protection(modelId, length).protect(template);
  }

  // Where things are.

  /** @throws `collection-not-found` */
  collection(account: string, collectionId: string): CollectionRow {
    const found = this.collections(account).find((row) => row.collectionId === collectionId);
    if (found === undefined) throw new LintelError('collection-not-found');
    return found;
  }

  collections(account: string): CollectionRow[] {
    const all = [...this.rows.collections.values()].filter((row) => row.account === account);
    return all.toSorted((a, b) => (a.collectionId < b.collectionId ? -1 : 1));
  }

  facesIn({ id }: CollectionRow): FaceRow[] {
    return [...this.rows.faces.values()].filter(({ collection }) => collection === id);
  }

  /** @throws `collection-not-found`, `face-not-found` */
  face(account: string, collectionId: string, faceId: string): FaceRow {
    const found = this.facesIn(this.collection(account, collectionId)).find((row) => row.faceId === faceId);
    if (found === undefined) throw new LintelError('face-not-found');
    return found;
  }

  accountOf({ collection }: FaceRow): string {
    return this.rows.collections.get(collection)!.account;
  }

  referencesOf({ id }: FaceRow) {
    return [...this.rows.references.values()].filter(({ face }) => face === id);
  }

  descriptorsOf({ id }: FaceRow) {
    return [...this.rows.descriptors.values()].filter(({ face }) => face === id);
  }

  // What happens to them.

  /** The faces of a collection changed. @param removed how many references went */
  changed(collection: number, removed = 0): void {
    const row = this.rows.collections.get(collection)!;
    const counters = { revision: row.revision + 1, removals: row.removals + removed };
    this.rows.collections.set(collection, { ...row, ...counters });
  }

  /** Add one change to the feed. */
  touch(account: string, name: string, isDeletion = false): void {
    this.rows.changes.set(`${account} ${name}`, { account, seq: this.nextId(), isDeletion });
  }

  /** @returns the face as it is now */
  update(face: FaceRow, changes: Partial<FaceRow>): FaceRow {
    const next = { ...this.rows.faces.get(face.id)!, ...changes };
    this.rows.faces.set(face.id, next);
    this.touch(this.accountOf(next), `face ${next.faceId}`);
    return next;
  }

  removeReferences(face: FaceRow, ids: readonly number[]): void {
    for (const id of ids) {
      this.rows.references.delete(id);
      for (const made of this.descriptorsOf(face)) {
        if (made.reference === id) this.rows.descriptors.delete(made.id);
      }
    }
    if (ids.length === 0) return;
    this.changed(face.collection, ids.length);
    this.requireScrub();
  }

  /** Forget the events about faces that wait for webhooks. */
  forgetEvents(account: string, faceIds: readonly string[]): void {
    for (const [id, each] of this.rows.deliveries) {
      if (each.account === account && faceIds.includes(each.subject)) this.rows.deliveries.delete(id);
    }
  }

  /** With all that is kept of it, but for what was noted of it elsewhere. @param line that records it */
  bury(face: FaceRow, line: number): void {
    const { account, collectionId } = this.rows.collections.get(face.collection)!;
    this.removeReferences(
      face,
      this.referencesOf(face).map(({ id }) => id),
    );
    for (const { id } of this.descriptorsOf(face)) this.rows.descriptors.delete(id);
    this.rows.faces.delete(face.id);
    const { faceId } = face;
    const deletedAt = new Date().toISOString();
    this.rows.tombstones.set(`${account} ${faceId}`, { account, faceId, collectionId, deletedAt, line });
    this.forgetEvents(account, [faceId]);
    this.touch(account, `face ${faceId}`, true);
    this.changed(face.collection);
    this.requireScrub();
  }
}

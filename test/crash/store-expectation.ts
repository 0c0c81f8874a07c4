import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { AuditHead, Face } from '#contract';
import { verifyLog } from '#core/audit';
import { Gallery } from '#core/gallery';
import { createCalibration } from '#core/matching';
import { inspectStore, verifyBackup } from '#core/backup';
import { LOCAL_ACCOUNT as ME, openStore, type SqlStore, type Store, type StoreOptions } from '#core/store';
import { madeUpTable } from '../../core/matching/testing/made-up-table.ts';
import { OLD_FACES, oldFaceId } from './old-store.ts';
import { COLLECTION, DIMENSION, MODEL, referenceOf, type Operation } from './store-operations.ts';

/** A face as far as it was acknowledged. */
interface Known {
  readonly externalKey: string | null;
  readonly references: number;
}

type Faces = ReadonlyMap<string, Known>;

/** How many faces are looked up by their templates each time, besides those that were touched last. */
const SAMPLE = 5;

const calibration = createCalibration(
  madeUpTable([
    [1e-3, 0.3],
    [1e-6, 0.6],
  ]),
);

/** What a store must hold after all that was acknowledged. */
export class Expectation {
  readonly #folder: string;
  readonly #place: StoreOptions | null;
  readonly #open: () => Promise<SqlStore>;
  #faces: Faces = new Map();
  readonly #gone = new Set<string>();
  #anchor: AuditHead = { n: 0, hash: '0'.repeat(64) };

  /** @param place of a store in a file, with its backups and one of an earlier schema; null: it is in a database */
  constructor(folder: string, place: StoreOptions | null, open: () => Promise<SqlStore>) {
    this.#folder = folder;
    this.#place = place;
    this.#open = open;
  }

  /**
   * Compare the store with what it must hold.
   * @param struck the operation that was under way: it may have happened, in whole or not at all
   * @returns whether it happened
   * @throws Error that says what is wrong
   */
  async examine(acknowledged: readonly Operation[], struck: Operation | null): Promise<boolean> {
    for (const operation of acknowledged) this.#faces = this.#after(this.#faces, operation);
    const store = await this.#open();
    try {
      // A database may still be committing what the process had sent before it was killed; the next writer waits for that.
      await store.parts.sql.write(async () => {});
      const { faces } = await store.listFaces(ME, COLLECTION);
      const actual: Faces = new Map(faces.map((face) => [face.faceId, known(face)]));
      const happened = struck !== null && !same(actual, this.#faces);
      const expected = happened ? this.#after(this.#faces, struck) : this.#faces;
      demand(same(actual, expected), () => `faces differ after ${JSON.stringify(struck)}`);
      this.#faces = expected;
      this.#bury(acknowledged);
      if (struck !== null && happened) this.#bury([struck]);
      await this.#examineIndex(store, faces, [...acknowledged, ...(happened ? [struck] : [])]);
      await this.#examineAudit(store);
      await this.#examineDeletions(store);
      await store.inspectSealed();
      if (this.#place !== null) {
        await inspectStore(this.#place);
        await this.#examineBackups(this.#place, acknowledged, struck);
        await this.#examineOldStore(this.#place);
      }
      return happened;
    } finally {
      await store.close();
    }
  }

  #after(faces: Faces, operation: Operation): Faces {
    const next = new Map(faces);
    switch (operation.op) {
      case 'enrol':
        return next.set(operation.faceId, {
          externalKey: operation.externalKey,
          references: operation.references,
        });
      case 'add-references': {
        const face = next.get(operation.faceId)!;
        return next.set(operation.faceId, { ...face, references: face.references + operation.references });
      }
      case 'set-key':
        return next.set(operation.faceId, {
          ...next.get(operation.faceId)!,
          externalKey: operation.externalKey,
        });
      case 'delete':
      case 'erase':
        next.delete(operation.faceId);
        return next;
      case 'migrate':
      case 'backup':
      case 'renew-templates':
      case 'rotate-data-key':
      case 'wrap-data-key':
        break;
    }
    return faces;
  }

  #bury(operations: readonly Operation[]): void {
    for (const operation of operations) {
      if (operation.op === 'delete' || operation.op === 'erase') this.#gone.add(operation.faceId);
    }
  }

  /** Every reference has its template and image, and a fresh index finds every face that is there and none that is gone. */
  async #examineIndex(store: Store, faces: readonly Face[], touched: readonly Operation[]): Promise<void> {
    const ids = await store.referenceIds(ME, COLLECTION, MODEL);
    const templates = await store.references(ME, MODEL, ids);
    const count = faces.reduce((sum, { referenceCount }) => sum + referenceCount, 0);
    demand(ids.length === count && templates.length === count, () => `${ids.length} templates of ${count}`);
    for (const id of ids) demand((await store.referenceImage(ME, id)) !== null, () => `no image of ${id}`);

    const gallery = await Gallery.open({ store, modelId: MODEL, dimension: DIMENSION, calibration });
    const named = touched.flatMap((operation) => ('faceId' in operation ? [operation.faceId] : []));
    const looked = new Set([...named, ...faces.slice(0, SAMPLE).map(({ faceId }) => faceId)]);
    for (const faceId of looked) {
      const last = (this.#faces.get(faceId)?.references ?? 1) - 1;
      const { template } = referenceOf(faceId, last);
      const found = await gallery.identify(COLLECTION, template, { threshold: 90 });
      const isThere = this.#faces.has(faceId);
      demand(found.searched === count, () => `index of ${found.searched}, store of ${count}`);
      demand(
        found.match === isThere && (!isThere || found.faceId === faceId),
        () => `${faceId} is not found`,
      );
    }
  }

  /** The chain is whole, and goes on from where it was the last time. */
  async #examineAudit(store: Store): Promise<void> {
    const publicKey = await store.audit.publicKey();
    const { problem, head } = await verifyLog(store.audit.lines(), { publicKey, anchors: [this.#anchor] });
    demand(problem === null, () => `audit line ${problem?.line}: ${problem?.what}`);
    this.#anchor = head;
  }

  async #examineDeletions(store: Store): Promise<void> {
    const buried = new Set((await store.tombstones()).map(({ faceId }) => faceId));
    demand(buried.size === this.#gone.size, () => `${buried.size} tombstones of ${this.#gone.size}`);
    for (const faceId of this.#gone) demand(buried.has(faceId), () => `no tombstone of ${faceId}`);
  }

  /** A backup under its name is whole; one that was acknowledged is there. */
  async #examineBackups(
    place: StoreOptions,
    acknowledged: readonly Operation[],
    struck: Operation | null,
  ): Promise<void> {
    for (const operation of [...acknowledged, struck]) {
      if (operation?.op !== 'backup') continue;
      const file = join(this.#folder, operation.file);
      demand(operation === struck || existsSync(file), () => 'an acknowledged backup is missing');
      if (existsSync(file)) await verifyBackup(file, place.kekProvider);
    }
  }

  /** The store of an earlier schema has everybody, migrated or not. */
  async #examineOldStore(place: StoreOptions): Promise<void> {
    const store = await openStore({ ...place, dir: join(this.#folder, 'old') });
    try {
      const ids = await store.referenceIds(ME, 'c', MODEL);
      const found = await store.references(ME, MODEL, ids);
      const kept = new Map(found.map(({ faceId, template }) => [faceId, template]));
      demand(kept.size === OLD_FACES, () => `${kept.size} faces migrated of ${OLD_FACES}`);
      for (let i = 1; i <= OLD_FACES; i++) {
        const faceId = oldFaceId(i);
        const template = await store.protect(MODEL, referenceOf(faceId, 0).template);
        demand(isDeepStrictEqual(kept.get(faceId), template), () => `template of ${faceId} differs`);
      }
    } finally {
      await store.close();
    }
  }
}

const known = ({ externalKey, referenceCount }: Face): Known => ({ externalKey, references: referenceCount });

const same = (a: Faces, b: Faces): boolean =>
  a.size === b.size && [...a].every(([faceId, face]) => isDeepStrictEqual(face, b.get(faceId)));

function demand(condition: boolean, otherwise: () => string): void {
  if (!condition) throw new Error(otherwise());
}

import { setImmediate as breathe } from 'node:timers/promises';
import type { Actor } from '#contract';
import type { UnsoundTemplate } from './tables/biometrics.ts';
import type { Parts } from './parts.ts';

/** Templates taken out in one transaction. */
const BATCH = 64;

/**
 * Looks after rows that are kept as templates and are none: of another length than their model makes, or not of unit
 * length. No intake lets one in; stores of earlier versions may hold some. Nobody is handed any.
 */
export class Soundness {
  readonly #parts: Parts;
  readonly #actor: Actor;

  constructor(parts: Parts, actor: Actor) {
    this.#parts = parts;
    this.#actor = actor;
  }

  /** Whoever has a model says how many numbers its templates have. */
  async hold(account: string, modelId: string, length: number): Promise<void> {
    const { sql, lengths } = this.#parts;
    if ((await sql.read(() => lengths.of(account, modelId))) === length) return;
    await sql.write(() => lengths.hold(account, modelId, length));
  }

  /** Those of some references whose row of a model is no template. */
  among(account: string, modelId: string, referenceIds: readonly number[]): Promise<UnsoundTemplate[]> {
    return this.#parts.sql.read(() => this.#parts.biometrics.unsoundAmong(account, modelId, referenceIds));
  }

  /** Look at every template of all accounts. @throws `store-corrupt` */
  inspect(): Promise<{ templates: number; unsound: UnsoundTemplate[] }> {
    return this.#parts.sql.read(() => this.#parts.biometrics.inspectTemplates());
  }

  /**
   * Take out every row that is no template, and references that have nothing left. Their faces stay, to be enrolled anew.
   * @returns how many rows
   */
  async repair(): Promise<number> {
    const { sql } = this.#parts;
    const { unsound } = await this.inspect();
    for (let i = 0; i < unsound.length; i += BATCH) {
      await sql.write(() => {
        for (const each of unsound.slice(i, i + BATCH)) this.#remove(each);
      });
      await breathe();
    }
    return unsound.length;
  }

  #remove({ account, collectionId, faceId, referenceId, modelId }: UnsoundTemplate): void {
    const { audit, biometrics, collections, faces, outbox, references, tombstones } = this.#parts;
    const place = faces.place(account, faceId);
    // Deleted since it was found.
    if (place === null) return;
    biometrics.removeTemplate(referenceId, modelId);
    const uids = references.removeEmpty(place.face);
    collections.changed(place.collection);
    collections.lost(place.collection);
    tombstones.requireScrub();
    audit.append(this.#actor, { kind: 'template-removed', account, collectionId, faceId, modelId });
    if (uids.length === 0) return;
    const face = { collectionId, faceId };
    audit.append(this.#actor, { kind: 'references-removed', account, ...face, references: uids.length });
    outbox.add(account, 'references-removed', face, { ...face, uids });
  }
}

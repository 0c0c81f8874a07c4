import { setImmediate as breathe } from 'node:timers/promises';
import type { UnsoundTemplate } from './records.ts';
import type { Soundness } from './stores.ts';
import { Acting } from './acting.ts';
import type { WriteTx } from './sql/transactions.ts';

/** Templates taken out in one transaction. */
const BATCH = 64;

/**
 * Looks after rows that are kept as templates and are none: of another length than their model makes, or not of unit
 * length. No intake lets one in; stores of earlier versions may hold some. Nobody is handed any.
 */
export class TemplateSoundness extends Acting implements Soundness {
  async hold(account: string, modelId: string, length: number): Promise<void> {
    const { sql, lengths } = this.parts;
    if ((await sql.read((tx) => lengths.of(tx, account, modelId))) === length) return;
    await sql.write((tx) => lengths.hold(tx, account, modelId, length));
  }

  among(account: string, modelId: string, referenceIds: readonly number[]): Promise<UnsoundTemplate[]> {
    return this.parts.sql.read((tx) =>
      this.parts.biometrics.unsoundAmong(tx, account, modelId, referenceIds),
    );
  }

  inspect(): Promise<{ templates: number; unsound: UnsoundTemplate[] }> {
    return this.parts.sql.read((tx) => this.parts.biometrics.inspectTemplates(tx));
  }

  async repair(): Promise<number> {
    const { sql } = this.parts;
    const { unsound } = await this.inspect();
    for (let i = 0; i < unsound.length; i += BATCH) {
      await sql.write(async (tx) => {
        for (const each of unsound.slice(i, i + BATCH)) await this.#remove(tx, each);
      });
      await breathe();
    }
    return unsound.length;
  }

  async #remove(
    tx: WriteTx,
    { account, collectionId, faceId, referenceId, modelId }: UnsoundTemplate,
  ): Promise<void> {
    const { audit, biometrics, collections, faces, outbox, references, tombstones } = this.parts;
    const place = await faces.place(tx, account, faceId);
    // Deleted since it was found.
    if (place === null) return;
    await biometrics.removeTemplate(tx, referenceId, modelId);
    const uids = await references.removeEmpty(tx, place.face);
    await collections.changed(tx, place.collection);
    await collections.outdated(tx, place.collection);
    await tombstones.requireScrub(tx);
    await audit.append(tx, this.actor, { kind: 'template-removed', account, collectionId, faceId, modelId });
    if (uids.length === 0) return;
    const face = { collectionId, faceId };
    await audit.append(tx, this.actor, {
      kind: 'references-removed',
      account,
      ...face,
      references: uids.length,
    });
    await outbox.add(tx, account, 'references-removed', face, { ...face, uids });
  }
}

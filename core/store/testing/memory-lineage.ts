import { randomBytes } from 'node:crypto';
import {
  StoreHead,
  type Actor,
  LintelError,
  type SetBackDecision,
  type SetBackEvidence,
  type SignedAnchor,
} from '#contract';
import { headOf, openDeviceKey, type DeviceKey, verifySignature } from '#core/audit';
import { isGenuine, receiptIn, signedText } from '../tables/lineage.ts';
import type { Lineage } from '../stores.ts';
import { eraseAgain } from './memory-erasing.ts';
import { InMemory } from './in-memory.ts';
import type { GoneFace, LineageRow } from './memory-rows.ts';

const FIRST_LIFE: LineageRow = { current: '', former: [], accepted: [], pending: null };

/** Ends with its process and lies beside no key: of the evidence, it knows heads that a server has and receipts. */
export class MemoryLineage extends InMemory implements Lineage {
  async checkKept() {}
  async keep() {}

  async checkAnchor({ signature, ...head }: SignedAnchor) {
    const isOwn = verifySignature(this.#key().publicKey, 'audit-anchor', signedText(head), signature);
    if (!isOwn || this.#contains(head)) return;
    await this.#note('server', [head.lineage], []);
  }

  async checkReceipts(texts: readonly string[]) {
    const { tombstones } = this.place.rows;
    const { accepted } = this.#row();
    const missing = texts.flatMap((text): GoneFace[] => {
      const receipt = receiptIn(text);
      if (receipt === null || !isGenuine(text, this.#key().publicKey)) return [];
      const { account, faces } = receipt;
      return faces
        .filter(({ faceId }) => !tombstones.has(`${account} ${faceId}`) && !accepted.includes(faceId))
        .map((face) => ({ account, ...face }));
    });
    if (missing.length > 0) await this.#note('receipts', [], missing);
  }

  async pending() {
    const { pending } = this.#row();
    return pending === null ? null : { evidence: [...pending.evidence], people: pending.faces.length };
  }

  async require() {
    if ((await this.pending()) !== null) throw new LintelError('store-set-back');
  }

  async lives() {
    const { current, former, pending } = this.#row();
    return [...former, current, ...(pending?.lives ?? [])];
  }

  beginLife(seen: readonly string[] = []) {
    return this.place.write(() => this.#begin(seen, []));
  }

  anchor() {
    return this.place.write((): SignedAnchor | null => {
      const { current: lineage, pending } = this.#row();
      if (pending !== null) return null;
      const head = StoreHead.parse({ lineage, ...this.place.checkpoint() });
      return { ...head, signature: this.#key().sign('audit-anchor', signedText(head)) };
    });
  }

  /** See `Store.settleSetBack`. */
  settle(actor: Actor, decision: SetBackDecision) {
    return this.place.write(() => {
      const { pending } = this.#row();
      if (pending === null) return 0;
      const isErased = decision === 'erase-again';
      const erasedAgain = isErased ? eraseAgain(this.place, actor, pending.faces) : 0;
      this.#begin(pending.lives, isErased ? [] : pending.faces.map(({ faceId }) => faceId));
      this.place.record(actor, { kind: 'set-back-settled', decision, erasedAgain });
      return erasedAgain;
    });
  }

  #contains({ lineage, n, hash }: StoreHead): boolean {
    const { current, former } = this.#row();
    if (former.includes(lineage)) return true;
    const { lines, firstLine } = this.place;
    const line = lines[n - firstLine];
    const isInLog = n < firstLine || (line !== undefined && headOf(n, line).hash === hash);
    return lineage === current && isInLog;
  }

  #note(by: SetBackEvidence, lives: readonly string[], faces: readonly GoneFace[]) {
    return this.place.write(({ lineage }) => {
      const row = this.#row();
      const known = row.pending ?? { evidence: [], lives: [], faces: [] };
      const pending = {
        evidence: [...new Set([...known.evidence, by])],
        lives: [...new Set([...known.lives, ...lives])],
        faces: [...new Map([...known.faces, ...faces].map((face) => [face.faceId, face])).values()],
      };
      lineage.set('life', { ...row, pending });
      if (!known.evidence.includes(by)) {
        this.place.record('device', { kind: 'set-back-noticed', by });
      }
    });
  }

  #begin(seen: readonly string[], accepted: readonly string[]): void {
    const row = this.#row();
    this.place.rows.lineage.set('life', {
      current: randomBytes(16).toString('hex'),
      former: [...row.former, ...seen, row.current],
      accepted: [...row.accepted, ...accepted],
      pending: null,
    });
  }

  #row(): LineageRow {
    return this.place.rows.lineage.get('life') ?? FIRST_LIFE;
  }

  #key(): DeviceKey {
    return openDeviceKey(this.place.rows.secrets.get('device-key')!);
  }
}

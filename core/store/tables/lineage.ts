import { createHash, randomBytes } from 'node:crypto';
import { z } from 'zod';
import {
  ErasedFace,
  ErasureReceipt,
  LintelError,
  SetBackEvidence,
  StoreHead,
  type Actor,
  type SetBack,
  type SetBackDecision,
  type SignedAnchor,
} from '#contract';
import { verifyReceipt, verifySignature } from '#core/audit';
import type { KeptHeads } from '../keys/kept-heads.ts';
import type { AuditTable } from './audit-table.ts';
import type { Lineage } from '../stores.ts';
import type { ReadTx, Transactions, WriteTx } from '../sql/transactions.ts';
import type { Tombstones } from './tombstones.ts';

/** The row of `lineage` that says which life of its history it lives, and which ones it knows to be over. */
const LINEAGE = 'lives';
const Lives = z.object({
  current: z.string(),
  former: z.array(z.string()),
  /** Faces that receipts name as erased and an operator let stay. */
  accepted: z.array(z.string()),
});
type Lives = z.infer<typeof Lives>;

/** The row that is there from when it was seen that the store was set back until an operator has decided. */
const PENDING = 'set-back';
const Gone = ErasedFace.extend({ account: z.string() });
const Pending = z.object({
  evidence: z.array(SetBackEvidence),
  /** Lives that this store has never heard of. */
  lives: z.array(z.string()),
  /** Faces that receipts name as erased and that are in the store. */
  faces: z.array(Gone),
});
type Pending = z.infer<typeof Pending>;

const ValueRow = z.object({ value: z.string() });

/**
 * Detects that the store is an older copy of itself, which holds faces again that were erased since. Three kinds of evidence
 * lie outside of the store: the head of its audit log that is kept with its key, the head that it sent to its server, and
 * erasure receipts. Once one of them contradicts the store, no face is recognised until an operator has decided. The decision,
 * like a restored backup, begins another life of the store, so that evidence of the former life no longer contradicts it.
 */
export class LineageTable implements Lineage {
  readonly #sql: Transactions;
  readonly #audit: AuditTable;
  readonly #tombstones: Tombstones;
  readonly #heads: KeptHeads | null;
  #kept = '';
  /** What was seen on a disk that takes no note of it. */
  #unwritten: SetBackEvidence | null = null;

  constructor(sql: Transactions, audit: AuditTable, tombstones: Tombstones, heads: KeptHeads | null) {
    this.#sql = sql;
    this.#audit = audit;
    this.#tombstones = tombstones;
    this.#heads = heads;
  }

  async checkKept(): Promise<void> {
    const kept = (await this.#heads?.read(await this.#storeId())) ?? null;
    if (kept !== null) await this.#check('key', kept);
  }

  async checkAnchor({ signature, ...head }: SignedAnchor): Promise<void> {
    const { publicKey } = await this.#sql.read((tx) => this.#audit.deviceKey(tx));
    if (verifySignature(publicKey, 'audit-anchor', signedText(head), signature)) {
      await this.#check('server', head);
    }
  }

  async checkReceipts(texts: readonly string[]): Promise<void> {
    const missing = await this.#sql.read(async (tx) => {
      const { accepted } = await this.#lives(tx);
      const { publicKey } = await this.#audit.deviceKey(tx);
      const lacking: z.infer<typeof Gone>[] = [];
      for (const text of texts) {
        const receipt = receiptIn(text);
        if (receipt === null) continue;
        const { account } = receipt;
        const lacks: z.infer<typeof Gone>[] = [];
        for (const face of receipt.faces) {
          const isAccountedFor =
            accepted.includes(face.faceId) || (await this.#tombstones.has(tx, account, face.faceId));
          if (!isAccountedFor) lacks.push({ account, ...face });
        }
        // A signature is verified only where it matters.
        if (lacks.length > 0 && isGenuine(text, publicKey)) lacking.push(...lacks);
      }
      return lacking;
    });
    if (missing.length > 0) await this.#note('receipts', null, missing);
  }

  async pending(): Promise<SetBack | null> {
    return await this.#sql.read(async (tx) => {
      const pending = await this.#pending(tx);
      if (pending !== null) return { evidence: pending.evidence, people: pending.faces.length };
      return this.#unwritten === null ? null : { evidence: [this.#unwritten], people: 0 };
    });
  }

  async require(): Promise<void> {
    if ((await this.pending()) !== null) throw new LintelError('store-set-back');
  }

  /**
   * Go on with the store as it is. The file is to be cleaned afterwards.
   * @param decision whether to erase the faces that receipts name again
   * @param forget erases faces
   * @returns how many people were erased again
   */
  async settle(
    actor: Actor,
    decision: SetBackDecision,
    forget: (gone: readonly z.infer<typeof Gone>[]) => Promise<number>,
  ): Promise<number> {
    const pending = await this.#sql.read((tx) => this.#pending(tx));
    if (pending === null) return 0;
    const erased = decision === 'erase-again' ? await forget(pending.faces) : 0;
    await this.#sql.write(async (tx) => {
      const stay = decision === 'accept' ? pending.faces.map(({ faceId }) => faceId) : [];
      await this.#begin(tx, pending.lives, stay);
      await this.#audit.append(tx, actor, { kind: 'set-back-settled', decision, erasedAgain: erased });
    });
    await this.keep();
    return erased;
  }

  async lives(): Promise<string[]> {
    return await this.#sql.read(async (tx) => {
      const { current, former } = await this.#lives(tx);
      return [...former, current, ...((await this.#pending(tx))?.lives ?? [])];
    });
  }

  async beginLife(seen: readonly string[] = []): Promise<void> {
    await this.#sql.write((tx) => this.#begin(tx, seen, []));
  }

  async anchor(): Promise<SignedAnchor | null> {
    return await this.#sql.write(async (tx) => {
      if ((await this.#pending(tx)) !== null) return null;
      await this.#audit.checkpoint(tx);
      const head = await this.#head(tx);
      return { ...head, signature: (await this.#audit.deviceKey(tx)).sign('audit-anchor', signedText(head)) };
    });
  }

  async keep(): Promise<void> {
    if (this.#heads === null) return;
    const head = await this.#sql.write(async (tx) =>
      (await this.#pending(tx)) === null ? await this.#head(tx) : null,
    );
    this.#audit.isKept = true;
    if (head === null || head.hash === this.#kept) return;
    await this.#heads.write(await this.#storeId(), head);
    this.#kept = head.hash;
  }

  async #check(by: SetBackEvidence, head: StoreHead): Promise<void> {
    const isContained = await this.#sql.read(async (tx) => {
      const { current, former } = await this.#lives(tx);
      if (former.includes(head.lineage)) return true;
      return head.lineage === current && (await this.#contains(tx, head));
    });
    if (!isContained) await this.#note(by, head.lineage, []);
  }

  /** Whether the log goes through a head, or goes on from behind it since the retention policy removed what was there. */
  async #contains(tx: ReadTx, { n, hash }: StoreHead): Promise<boolean> {
    if (n === 0) return true;
    const [first] = await this.#audit.lines(tx, 0, 1);
    return (first !== undefined && first.n > n) || (await this.#audit.headAt(tx, n))?.hash === hash;
  }

  async #note(
    by: SetBackEvidence,
    lineage: string | null,
    faces: readonly z.infer<typeof Gone>[],
  ): Promise<void> {
    this.#unwritten = by;
    await this.#sql.write(async (tx) => {
      const known: Pending = (await this.#pending(tx)) ?? { evidence: [], lives: [], faces: [] };
      const isNew = !known.evidence.includes(by);
      const pending = {
        evidence: [...new Set([...known.evidence, by])],
        lives: [...new Set([...known.lives, ...(lineage === null ? [] : [lineage])])],
        faces: [...new Map([...known.faces, ...faces].map((face) => [face.faceId, face])).values()],
      };
      await this.#write(tx, PENDING, pending);
      if (isNew) await this.#audit.append(tx, 'device', { kind: 'set-back-noticed', by });
    });
    this.#unwritten = null;
  }

  /** */
  async #begin(tx: WriteTx, seen: readonly string[], accepted: readonly string[]): Promise<void> {
    const lives = await this.#lives(tx);
    await this.#write(tx, LINEAGE, {
      current: randomBytes(16).toString('hex'),
      former: [...new Set([...lives.former, ...seen, lives.current])],
      accepted: [...new Set([...lives.accepted, ...accepted])],
    } satisfies Lives);
    await tx.run('DELETE FROM lineage WHERE name = ?', [PENDING]);
  }

  async #head(tx: ReadTx): Promise<StoreHead> {
    const { n, hash } = await this.#audit.head(tx);
    return { lineage: (await this.#lives(tx)).current, n, hash };
  }

  async #lives(tx: ReadTx): Promise<Lives> {
    // The first life has no name.
    return (await this.#read(tx, LINEAGE, Lives)) ?? { current: '', former: [], accepted: [] };
  }

  #pending(tx: ReadTx): Promise<Pending | null> {
    return this.#read(tx, PENDING, Pending);
  }

  async #read<T>(tx: ReadTx, name: string, schema: z.ZodType<T>): Promise<T | null> {
    const row = await tx.get('SELECT value FROM lineage WHERE name = ?', [name]);
    return row === undefined ? null : schema.parse(JSON.parse(ValueRow.parse(row).value));
  }

  async #write(tx: WriteTx, name: string, value: object): Promise<void> {
    await tx.run(
      'INSERT INTO lineage (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value',
      [name, JSON.stringify(value)],
    );
  }

  async #storeId(): Promise<string> {
    return storeIdOf((await this.#sql.read((tx) => this.#audit.deviceKey(tx))).publicKey);
  }
}

/** One word for the store of a device, however often it was copied. */
export const storeIdOf = (publicKey: string): string =>
  createHash('sha256').update(publicKey).digest('hex').slice(0, 32);

/** The text of a head that its signature covers, in whatever order its members came. */
export const signedText = (head: StoreHead): string => JSON.stringify(StoreHead.parse(head));

/** The receipt in a text, or null. */
export function receiptIn(text: string): ErasureReceipt | null {
  try {
    return ErasureReceipt.safeParse(JSON.parse(text)).data ?? null;
  } catch {
    return null;
  }
}

/** Whether the device with a public key signed the receipt in a text. */
export function isGenuine(text: string, publicKey: string): boolean {
  try {
    verifyReceipt(text, publicKey);
    return true;
  } catch {
    return false;
  }
}

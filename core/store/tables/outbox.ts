import { z } from 'zod';
import { PENDING_OPERATIONS, type OperationKind, type PendingBody } from '#contract';
import type { Parked } from './parked.ts';
import type { ReadTx, WriteTx } from '../sql/transactions.ts';

const Row = z.object({
  number: z.int().positive(),
  kind: z.string(),
  collectionId: z.string().nullable(),
  faceId: z.string().nullable(),
  body: z.string(),
  at: z.iso.datetime(),
});
type Row = z.infer<typeof Row>;

/** An operation that the server has not acknowledged yet. */
export type PendingOperationOf<K extends OperationKind> = Omit<Row, 'kind' | 'body'> & {
  readonly kind: K;
  readonly body: PendingBody<K>;
};

/** A pending operation that this version cannot read, as it is stored. */
export type Unreadable = Omit<Row, 'kind' | 'body'> & {
  readonly kind: 'unreadable';
  readonly body: { readonly kind: string; readonly body: unknown };
};

export type PendingOperation = { [K in OperationKind]: PendingOperationOf<K> }[OperationKind] | Unreadable;

/** The record that an operation is about: a face, or else a collection. */
export interface Place {
  readonly collectionId?: string;
  readonly faceId?: string;
}

/** Faces in one deletion, which is sent in one piece: some 10 kB. */
const DELETIONS = 256;

const CountRow = z.object({ count: z.int() });
const NumberRow = z.object({ number: z.int() });

/**
 * The pending operations of an appliance: each is written in the transaction of its change and stays until the server has
 * acknowledged it. Nothing is written before the appliance has joined a server.
 */
export class Outbox {
  readonly #parked: Parked;

  constructor(parked: Parked) {
    this.#parked = parked;
  }

  async isOpen(tx: ReadTx, account: string): Promise<boolean> {
    return (await tx.get('SELECT 1 FROM replica WHERE account = ?', [account])) !== undefined;
  }

  async add<K extends OperationKind>(
    tx: WriteTx,
    account: string,
    kind: K,
    { collectionId, faceId }: Place,
    body: PendingBody<K>,
  ): Promise<void> {
    const row = await tx.get('UPDATE replica SET number = number + 1 WHERE account = ? RETURNING number', [
      account,
    ]);
    if (row === undefined) return;
    await tx.run(
      'INSERT INTO outbox (number, kind, collection_id, face_id, body, at) VALUES (?, ?, ?, ?, ?, ?)',
      [
        NumberRow.parse(row).number,
        kind,
        collectionId ?? null,
        faceId ?? null,
        JSON.stringify(body),
        new Date().toISOString(),
      ],
    );
  }

  /** Queue the deletion of faces, and void all other pending operations about them. */
  async addDeletion(
    tx: WriteTx,
    account: string,
    collectionId: string,
    faceIds: readonly string[],
  ): Promise<void> {
    if (faceIds.length === 0 || !(await this.isOpen(tx, account))) return;
    for (const faceId of faceIds) await this.void(tx, faceId);
    for (let i = 0; i < faceIds.length; i += DELETIONS) {
      const some = faceIds.slice(i, i + DELETIONS);
      await this.add(tx, account, 'faces-deleted', { collectionId }, { collectionId, faceIds: some });
    }
  }

  async void(tx: WriteTx, faceId: string): Promise<void> {
    await tx.run("UPDATE outbox SET kind = 'void', face_id = NULL, body = '{}' WHERE face_id = ?", [faceId]);
    await this.#parked.void(tx, faceId);
  }

  /** The oldest pending operations, in order. */
  async first(tx: ReadTx, limit: number): Promise<PendingOperation[]> {
    const columns = 'number, kind, collection_id AS "collectionId", face_id AS "faceId", body, at';
    const rows = await tx.all(`SELECT ${columns} FROM outbox ORDER BY number LIMIT ?`, [limit]);
    return z.array(Row).parse(rows).map(read);
  }

  /** Whether an operation about a face is pending. */
  async hasFace(tx: ReadTx, faceId: string): Promise<boolean> {
    return (await tx.get('SELECT 1 FROM outbox WHERE face_id = ?', [faceId])) !== undefined;
  }

  /** Whether the enrolment of a face is pending or was refused: the server does not have the face. */
  async hasNewFace(tx: ReadTx, faceId: string): Promise<boolean> {
    const found = `SELECT 1 FROM outbox WHERE face_id = @faceId AND kind = 'face-added'
      UNION ALL SELECT 1 FROM parked WHERE face_id = @faceId AND kind = 'face-added'`;
    return (await tx.get(found, { faceId })) !== undefined;
  }

  /** As {@link hasFace}, of a collection itself. */
  async hasCollection(tx: ReadTx, collectionId: string): Promise<boolean> {
    const found = `SELECT 1 FROM outbox WHERE collection_id = ? AND face_id IS NULL
      AND kind IN ('collection-created', 'collection-updated', 'collection-deleted')`;
    return (await tx.get(found, [collectionId])) !== undefined;
  }

  /** The appliance left its server. */
  async empty(tx: WriteTx): Promise<void> {
    await tx.run('DELETE FROM outbox', []);
  }

  /** The server has acknowledged the operations up to a number. */
  async acknowledge(tx: WriteTx, upTo: number): Promise<void> {
    await tx.run('DELETE FROM outbox WHERE number <= ?', [upTo]);
  }

  async length(tx: ReadTx): Promise<number> {
    return CountRow.parse(await tx.get('SELECT count(*) AS count FROM outbox', [])).count;
  }
}

function read({ kind, body: text, ...row }: Row): PendingOperation {
  const body = parsed(text);
  const known = isKnown(kind) ? PENDING_OPERATIONS[kind].safeParse(body) : null;
  // The kind says which schema the body went through.
  if (known?.success) return { ...row, kind, body: known.data } as PendingOperation;
  return { ...row, kind: 'unreadable', body: { kind, body } };
}

const isKnown = (kind: string): kind is OperationKind => Object.hasOwn(PENDING_OPERATIONS, kind);

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

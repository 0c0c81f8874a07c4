import { z } from 'zod';
import { PENDING_OPERATIONS, type OperationKind, type PendingBody } from '#contract';
import type { Parked } from './parked.ts';
import type { ReadTx, WriteTx } from '../file/transactions.ts';

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

  isOpen(tx: ReadTx, account: string): boolean {
    return tx.get('SELECT 1 FROM replica WHERE account = ?', [account]) !== undefined;
  }

  add<K extends OperationKind>(
    tx: WriteTx,
    account: string,
    kind: K,
    { collectionId, faceId }: Place,
    body: PendingBody<K>,
  ): void {
    const row = tx.get('UPDATE replica SET number = number + 1 WHERE account = ? RETURNING number', [
      account,
    ]);
    if (row === undefined) return;
    tx.run('INSERT INTO outbox (number, kind, collection_id, face_id, body, at) VALUES (?, ?, ?, ?, ?, ?)', [
      NumberRow.parse(row).number,
      kind,
      collectionId ?? null,
      faceId ?? null,
      JSON.stringify(body),
      new Date().toISOString(),
    ]);
  }

  /** Queue the deletion of faces, and void all other pending operations about them. */
  addDeletion(tx: WriteTx, account: string, collectionId: string, faceIds: readonly string[]): void {
    if (faceIds.length === 0 || !this.isOpen(tx, account)) return;
    for (const faceId of faceIds) this.void(tx, faceId);
    for (let i = 0; i < faceIds.length; i += DELETIONS) {
      const some = faceIds.slice(i, i + DELETIONS);
      this.add(tx, account, 'faces-deleted', { collectionId }, { collectionId, faceIds: some });
    }
  }

  void(tx: WriteTx, faceId: string): void {
    tx.run("UPDATE outbox SET kind = 'void', face_id = NULL, body = '{}' WHERE face_id = ?", [faceId]);
    this.#parked.void(tx, faceId);
  }

  /** The oldest pending operations, in order. */
  first(tx: ReadTx, limit: number): PendingOperation[] {
    const columns = 'number, kind, collection_id AS collectionId, face_id AS faceId, body, at';
    const rows = tx.all(`SELECT ${columns} FROM outbox ORDER BY number LIMIT ?`, [limit]);
    return z.array(Row).parse(rows).map(read);
  }

  /** Whether an operation about a face is pending. */
  hasFace(tx: ReadTx, faceId: string): boolean {
    return tx.get('SELECT 1 FROM outbox WHERE face_id = ?', [faceId]) !== undefined;
  }

  /** Whether the enrolment of a face is pending or was refused: the server does not have the face. */
  hasNewFace(tx: ReadTx, faceId: string): boolean {
    const found = `SELECT 1 FROM outbox WHERE face_id = @faceId AND kind = 'face-added'
      UNION ALL SELECT 1 FROM parked WHERE face_id = @faceId AND kind = 'face-added'`;
    return tx.get(found, { faceId }) !== undefined;
  }

  /** As {@link hasFace}, of a collection itself. */
  hasCollection(tx: ReadTx, collectionId: string): boolean {
    const found = `SELECT 1 FROM outbox WHERE collection_id = ? AND face_id IS NULL
      AND kind IN ('collection-created', 'collection-updated', 'collection-deleted')`;
    return tx.get(found, [collectionId]) !== undefined;
  }

  /** The appliance left its server. */
  empty(tx: WriteTx): void {
    tx.run('DELETE FROM outbox', []);
  }

  /** The server has acknowledged the operations up to a number. */
  acknowledge(tx: WriteTx, upTo: number): void {
    tx.run('DELETE FROM outbox WHERE number <= ?', [upTo]);
  }

  length(tx: ReadTx): number {
    return CountRow.parse(tx.get('SELECT count(*) AS count FROM outbox', [])).count;
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

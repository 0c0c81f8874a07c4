import type { Actor } from '#contract';
import type { Transactions } from '../sql/transactions.ts';
import type { AuditTable } from './audit-table.ts';

/** A table that runs its own transactions, whose changes the audit log records as one actor's. */
export abstract class RecordedTable {
  protected readonly sql: Transactions;
  protected readonly audit: AuditTable;
  protected readonly actor: Actor;

  constructor(sql: Transactions, audit: AuditTable, actor: Actor) {
    this.sql = sql;
    this.audit = audit;
    this.actor = actor;
  }
}

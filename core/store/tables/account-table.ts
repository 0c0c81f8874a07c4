import { z } from 'zod';
import { LintelError, Plan, Scope, type Actor } from '#contract';
import type { AuditTable } from './audit-table.ts';
import type { Descriptors } from './descriptors.ts';
import { requireAccount } from './known.ts';
import type { Tombstones } from './tombstones.ts';
import type { Account, NewApiKey, StoredApiKey } from '../server-records.ts';
import type { AccountStore } from '../stores.ts';
import type { Transactions, WriteTx } from '../sql/transactions.ts';

const AccountRow = z.object({
  accountId: z.string(),
  name: z.string(),
  plan: Plan.nullable(),
  descriptors: z.int().transform(Boolean),
  createdAt: z.string(),
});
const KeyRow = z.object({
  keyId: z.string(),
  accountId: z.string(),
  hash: z.instanceof(Buffer),
  scopes: z
    .string()
    .transform((text) => text.split(','))
    .pipe(z.array(Scope)),
  createdAt: z.string(),
});

const ACCOUNT = 'account_id AS "accountId", name, plan, descriptors, created_at AS "createdAt"';
const KEY = 'key_id AS "keyId", account_id AS "accountId", hash, scopes, created_at AS "createdAt"';

/** What a change of an account touches, and whose it is. */
export interface AccountTableParts {
  readonly sql: Transactions;
  readonly audit: AuditTable;
  readonly descriptors: Descriptors;
  readonly tombstones: Tombstones;
  readonly actor: Actor;
}

/** Accounts and the hashes of their keys; changes are recorded as one actor's. Errors besides those named: as of the store. */
export class AccountTable implements AccountStore {
  readonly #parts: AccountTableParts;

  constructor(parts: AccountTableParts) {
    this.#parts = parts;
  }

  add(accountId: string, name: string, key: NewApiKey): Promise<Account> {
    return this.#parts.sql.write((tx) => this.#add(tx, { accountId, name, plan: null }, key));
  }

  register(
    accountId: string,
    { email, name }: { email: string; name: string },
    key: NewApiKey,
  ): Promise<number> {
    return this.#parts.sql.write(async (tx) => {
      await this.#add(tx, { accountId, name: email, plan: 'free' }, key);
      return await tx.insert(
        'INSERT INTO registrations (account, email, name) VALUES (?, ?, ?)',
        [accountId, email, name],
        'number',
      );
    });
  }

  isRegistered(accountId: string): Promise<boolean> {
    return this.#parts.sql.read(
      async (tx) =>
        (await tx.get('SELECT 1 FROM registrations WHERE account = ?', [accountId])) !== undefined,
    );
  }

  get(accountId: string): Promise<Account> {
    return this.#parts.sql.read(async (tx) => {
      const row = await tx.get(`SELECT ${ACCOUNT} FROM accounts WHERE account_id = ?`, [accountId]);
      if (row === undefined) throw new LintelError('account-not-found');
      return AccountRow.parse(row);
    });
  }

  setPlan(accountId: string, plan: Plan | null): Promise<void> {
    return this.#parts.sql.write(async (tx) => {
      const { changes } = await tx.run('UPDATE accounts SET plan = ? WHERE account_id = ?', [
        plan,
        accountId,
      ]);
      if (changes === 0) throw new LintelError('account-not-found');
      await this.#parts.audit.append(tx, this.#parts.actor, {
        kind: 'account-plan-set',
        account: accountId,
        plan,
      });
    });
  }

  setDescriptors(accountId: string, allowed: boolean): Promise<number> {
    return this.#parts.sql.write(async (tx) => {
      const { changes } = await tx.run('UPDATE accounts SET descriptors = ? WHERE account_id = ?', [
        Number(allowed),
        accountId,
      ]);
      if (changes === 0) throw new LintelError('account-not-found');
      const removed = allowed ? 0 : await this.#parts.descriptors.removeAll(tx, accountId);
      if (removed > 0) {
        await this.#parts.tombstones.requireScrub(tx);
        await tx.run('UPDATE collections SET revision = revision + 1 WHERE account = ?', [accountId]);
      }
      await this.#parts.audit.append(tx, this.#parts.actor, {
        kind: 'account-descriptors-set',
        account: accountId,
        allowed,
        removed,
      });
      return removed;
    });
  }

  async #add(
    tx: WriteTx,
    account: Omit<Account, 'createdAt' | 'descriptors'>,
    key: NewApiKey,
  ): Promise<Account> {
    const createdAt = new Date().toISOString();
    const { accountId, name, plan } = account;
    const { changes } = await tx.run(
      'INSERT INTO accounts (account_id, name, plan, created_at) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING',
      [accountId, name, plan, createdAt],
    );
    if (changes === 0) throw new LintelError('account-exists');
    await this.#parts.audit.append(tx, this.#parts.actor, { kind: 'account-created', account: accountId });
    await this.#insertApiKey(tx, accountId, key);
    return { ...account, descriptors: false, createdAt };
  }

  list(): Promise<Account[]> {
    return this.#parts.sql.read(async (tx) =>
      z
        .array(AccountRow)
        .parse(await tx.all(`SELECT ${ACCOUNT} FROM accounts ORDER BY created_at, name`, [])),
    );
  }

  addApiKey(accountId: string, key: NewApiKey): Promise<void> {
    return this.#parts.sql.write(async (tx) => {
      await requireAccount(tx, accountId);
      await this.#insertApiKey(tx, accountId, key);
    });
  }

  keys(accountId: string): Promise<StoredApiKey[]> {
    return this.#parts.sql.read(async (tx) =>
      z
        .array(KeyRow)
        .parse(
          await tx.all(`SELECT ${KEY} FROM api_keys WHERE account_id = ? ORDER BY created_at, key_id`, [
            accountId,
          ]),
        ),
    );
  }

  findApiKey(keyId: string): Promise<StoredApiKey | null> {
    return this.#parts.sql.read(async (tx) => {
      const row = await tx.get(`SELECT ${KEY} FROM api_keys WHERE key_id = ?`, [keyId]);
      return row === undefined ? null : KeyRow.parse(row);
    });
  }

  removeApiKey(keyId: string): Promise<boolean> {
    return this.#parts.sql.write(async (tx) => {
      const removed = await tx.get(`DELETE FROM api_keys WHERE key_id = ? RETURNING ${KEY}`, [keyId]);
      if (removed === undefined) return false;
      const { accountId: account } = KeyRow.parse(removed);
      await this.#parts.audit.append(tx, this.#parts.actor, { kind: 'api-key-removed', account, keyId });
      return true;
    });
  }

  async #insertApiKey(tx: WriteTx, accountId: string, { keyId, hash, scopes }: NewApiKey): Promise<void> {
    const { changes } = await tx.run(
      `INSERT INTO api_keys (key_id, account_id, hash, scopes, created_at) VALUES (?, ?, ?, ?, ?)
       ON CONFLICT DO NOTHING`,
      [keyId, accountId, Buffer.from(hash), scopes.join(','), new Date().toISOString()],
    );
    if (changes === 0) throw new LintelError('key-exists');
    const entry = { kind: 'api-key-added' as const, account: accountId, keyId, scopes: [...scopes] };
    await this.#parts.audit.append(tx, this.#parts.actor, entry);
  }
}

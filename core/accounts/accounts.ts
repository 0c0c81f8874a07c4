import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import { DisplayName, LintelError, Scope, type Plan } from '#contract';
import type { Account, NewApiKey, Store } from '#core/store';

/** Name of the account that a server makes for itself when there is none. */
export const BOOTSTRAP_ACCOUNT = 'admin';

const ApiKey = z.string().regex(/^[\x21-\x7e]{8,512}$/);

/** An account and a key of it, in the only moment in which the key is known. */
export interface Credentials {
  readonly accountId: string;
  readonly keyId: string;
  readonly apiKey: string;
}

/** Who sent a request, and what the key permits. */
export interface Caller {
  readonly accountId: string;
  readonly keyId: string;
  readonly scopes: readonly Scope[];
}

/**
 * Accounts of the server and their API keys. Keys are long and random, so a plain hash is enough to keep them. A key is
 * looked up by one part of its hash and compared by another, so no timing tells how much of a guess is right.
 */
export class Accounts {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  /**
   * With a first key that may do everything.
   * @param apiKey made at random when absent
   * @throws `account-name-invalid`, `account-exists`, `key-invalid`, `key-exists`
   */
  async create(name: string, apiKey: string = newApiKey()): Promise<Credentials> {
    const parsed = DisplayName.safeParse(name);
    if (!parsed.success) throw new LintelError('account-name-invalid');
    const key = toStored(apiKey, Scope.options);
    const accountId = newAccountId();
    await this.#store.accounts.add(accountId, parsed.data, key);
    return { accountId, keyId: key.keyId, apiKey };
  }

  /**
   * Register an account on the plan `free`, with a key that has every scope.
   * @param email of no other account
   * @returns also the number of the registration
   * @throws `account-exists`
   */
  async register(who: { email: string; name: string }): Promise<Credentials & { readonly number: number }> {
    const apiKey = `fa_${randomBytes(32).toString('base64url')}`;
    const key = toStored(apiKey, Scope.options);
    const accountId = newAccountId();
    const number = await this.#store.accounts.register(accountId, who, key);
    return { accountId, keyId: key.keyId, apiKey, number };
  }

  /** Whether somebody registered this account, and no operator made it: it has nothing to do with the server as a whole. */
  isRegistered(accountId: string): Promise<boolean> {
    return this.#store.accounts.isRegistered(accountId);
  }

  /** @param account its id or name @param plan null: without limits @throws `account-not-found` */
  async setPlan(account: string, plan: Plan | null): Promise<Account> {
    const found = await this.find(account);
    await this.#store.accounts.setPlan(found.accountId, plan);
    return { ...found, plan };
  }

  /**
   * Whether clients of an account may send descriptors.
   * @param account its id or name
   * @returns how many that were kept are gone @throws `account-not-found`
   */
  async setDescriptors(account: string, allowed: boolean): Promise<{ accountId: string; removed: number }> {
    const { accountId } = await this.find(account);
    return { accountId, removed: await this.#store.accounts.setDescriptors(accountId, allowed) };
  }

  /** @throws `account-not-found` */
  get(accountId: string): Promise<Account> {
    return this.#store.accounts.get(accountId);
  }

  /**
   * The first account, where there is none; of two processes that start one makes it.
   * @returns null when there are accounts
   */
  async bootstrap(apiKey?: string): Promise<Credentials | null> {
    if ((await this.list()).length > 0) return null;
    try {
      return await this.create(BOOTSTRAP_ACCOUNT, apiKey);
    } catch (error) {
      if (error instanceof LintelError && error.code === 'account-exists') return null;
      throw error;
    }
  }

  list(): Promise<Account[]> {
    return this.#store.accounts.list();
  }

  /** @param account its id or name @throws `account-not-found` */
  async find(account: string): Promise<Account> {
    const found = (await this.list()).find(({ accountId, name }) => [accountId, name].includes(account));
    if (found === undefined) throw new LintelError('account-not-found');
    return found;
  }

  /**
   * @param account its id or name
   * @param options isTest: one that the FaceSmash API knows as a test key
   * @throws `account-not-found`
   */
  async addApiKey(
    account: string,
    scopes: readonly Scope[],
    { isTest = false }: { readonly isTest?: boolean } = {},
  ): Promise<Credentials> {
    const { accountId } = await this.find(account);
    const apiKey = isTest ? newTestKey() : newApiKey();
    const key = toStored(apiKey, scopes);
    await this.#store.accounts.addApiKey(accountId, key);
    return { accountId, keyId: key.keyId, apiKey };
  }

  /** Without their hashes. @param account its id or name @throws `account-not-found` */
  async keys(account: string): Promise<{ keyId: string; scopes: readonly Scope[]; createdAt: string }[]> {
    const { accountId } = await this.find(account);
    const keys = await this.#store.accounts.keys(accountId);
    return keys.map(({ keyId, scopes, createdAt }) => ({ keyId, scopes, createdAt }));
  }

  /** Works from the next request on. @throws `key-not-found` */
  async revokeApiKey(keyId: string): Promise<void> {
    if (!(await this.#store.accounts.removeApiKey(keyId))) throw new LintelError('key-not-found');
  }

  /** Whose key this is, or null. */
  async authenticate(apiKey: string): Promise<Caller | null> {
    const { keyId, hash } = digest(apiKey);
    const stored = await this.#store.accounts.findApiKey(keyId);
    if (stored === null || !timingSafeEqual(stored.hash, hash)) return null;
    return { accountId: stored.accountId, keyId, scopes: stored.scopes };
  }
}

const newAccountId = (): string => `acct_${randomBytes(12).toString('hex')}`;

/** FaceSmash limits what it may do; the other APIs take it for any key. */
const newTestKey = (): string => `fs_test_${randomBytes(32).toString('base64url')}`;

const newApiKey = (): string => `lintel_${randomBytes(32).toString('base64url')}`;

function toStored(apiKey: string, scopes: readonly Scope[]): NewApiKey {
  if (!ApiKey.safeParse(apiKey).success) throw new LintelError('key-invalid');
  return { ...digest(apiKey), scopes };
}

function digest(apiKey: string): { keyId: string; hash: Buffer } {
  const hash = createHash('sha512').update(apiKey).digest();
  return { keyId: `key_${hash.subarray(0, 8).toString('hex')}`, hash: hash.subarray(32) };
}

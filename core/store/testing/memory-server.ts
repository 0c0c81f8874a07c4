import { LintelError, type Plan, type PlanLimits } from '#contract';
import { endOfMinute, requireCallsLeft, runningMinute } from '../plan-limits.ts';
import type { NewApiKey, Reply, StoredApiKey } from '../server-records.ts';
import type { AccountStore, ReplyStore, UsageStore } from '../stores.ts';
import { KEPT_REPLIES } from '../tables/reply-table.ts';
import { InMemory } from './in-memory.ts';
import type { MeterRow } from './memory-rows.ts';

const DAY = 24 * 60 * 60_000;
const LOG_LENGTH = 100;

export class MemoryAccounts extends InMemory implements AccountStore {
  add(accountId: string, name: string, key: NewApiKey) {
    return this.place.write(() => this.#add(accountId, name, null, key));
  }

  register(accountId: string, { email }: { readonly email: string; readonly name: string }, key: NewApiKey) {
    return this.place.write(() => {
      this.#add(accountId, email, 'free', key);
      this.place.rows.registered.set(accountId, true);
      return this.place.nextId();
    });
  }

  isRegistered(accountId: string) {
    return this.place.read(({ registered }) => registered.has(accountId));
  }

  get(accountId: string) {
    return this.place.read(() => this.#get(accountId));
  }

  setPlan(accountId: string, plan: Plan | null) {
    return this.place.write(({ accounts }) => {
      accounts.set(accountId, { ...this.#get(accountId), plan });
      this.record({ kind: 'account-plan-set', account: accountId, plan });
    });
  }

  setDescriptors(accountId: string, allowed: boolean) {
    return this.place.write(({ accounts, descriptors }) => {
      accounts.set(accountId, { ...this.#get(accountId), descriptors: allowed });
      let removed = 0;
      for (const collection of allowed ? [] : this.place.collections(accountId)) {
        for (const face of this.place.facesIn(collection)) {
          for (const { id } of this.place.descriptorsOf(face)) removed += Number(descriptors.delete(id));
        }
        this.place.changed(collection.id);
      }
      if (removed > 0) this.place.requireScrub();
      const entry = { kind: 'account-descriptors-set', account: accountId, allowed, removed } as const;
      this.record(entry);
      return removed;
    });
  }

  list() {
    return this.place.read(({ accounts }) => [...accounts.values()]);
  }

  addApiKey(accountId: string, key: NewApiKey) {
    return this.place.write(() => {
      this.#get(accountId);
      this.#insertApiKey(accountId, key);
    });
  }

  keys(accountId: string) {
    return this.place.read(({ keys }) => [...keys.values()].filter((key) => key.accountId === accountId));
  }

  findApiKey(keyId: string) {
    return this.place.read(({ keys }): StoredApiKey | null => keys.get(keyId) ?? null);
  }

  removeApiKey(keyId: string) {
    return this.place.write(({ keys }) => {
      const key = keys.get(keyId);
      if (key === undefined) return false;
      keys.delete(keyId);
      this.record({ kind: 'api-key-removed', account: key.accountId, keyId });
      return true;
    });
  }

  #add(accountId: string, name: string, plan: Plan | null, key: NewApiKey) {
    const { accounts } = this.place.rows;
    const isTaken = [...accounts.values()].some((other) => other.name === name);
    if (accounts.has(accountId) || isTaken) throw new LintelError('account-exists');
    const account = { accountId, name, plan, descriptors: false, createdAt: new Date().toISOString() };
    accounts.set(accountId, account);
    this.record({ kind: 'account-created', account: accountId });
    this.#insertApiKey(accountId, key);
    return account;
  }

  #get(accountId: string) {
    return this.place.requireAccount(accountId);
  }

  #insertApiKey(accountId: string, { keyId, hash, scopes }: NewApiKey): void {
    const { keys } = this.place.rows;
    if (keys.has(keyId)) throw new LintelError('key-exists');
    const createdAt = new Date().toISOString();
    keys.set(keyId, { keyId, accountId, hash: Buffer.from(hash), scopes: [...scopes], createdAt });
    const entry = { kind: 'api-key-added' as const, account: accountId, keyId, scopes: [...scopes] };
    this.record(entry);
  }
}

export class MemoryReplies extends InMemory implements ReplyStore {
  find(account: string, idempotencyKey: string) {
    return this.place.read(({ replies }): Reply | null => {
      const found = replies.get(`${account} ${idempotencyKey}`);
      return found === undefined || isOld(found) ? null : found;
    });
  }

  async begin(account: string, idempotencyKey: string) {
    return (await this.find(account, idempotencyKey)) ?? ('begun' as const);
  }

  async abandon() {}

  save(account: string, idempotencyKey: string, { fingerprint, body }: Reply) {
    return this.place.write(({ replies }) => {
      const name = `${account} ${idempotencyKey}`;
      replies.delete(name);
      replies.set(name, { account, fingerprint, body, savedAt: Date.now() });
      const all = [...replies].filter(([, reply]) => reply.account === account);
      for (const [oldest] of all.slice(0, -KEPT_REPLIES)) replies.delete(oldest);
    });
  }

  prune() {
    return this.place.write(({ replies, faces }) => {
      let count = 0;
      for (const [name, reply] of replies) {
        const { faceId, externalKey } = JSON.parse(reply.body) as Record<string, unknown>;
        const isThere = [...faces.values()].some(
          (face) =>
            face.faceId === faceId &&
            face.externalKey === externalKey &&
            this.place.accountOf(face) === reply.account,
        );
        const namesAnother = typeof externalKey === 'string' && !isThere;
        if (isOld(reply) || namesAnother) count += Number(replies.delete(name));
      }
      if (count > 0) this.place.requireScrub();
      return count;
    });
  }
}

const isOld = ({ savedAt }: { savedAt: number }): boolean => savedAt <= Date.now() - DAY;

export class MemoryUsage extends InMemory implements UsageStore {
  charge(account: string, meter: string, limits: PlanLimits, now: Date) {
    return this.place.write(({ meters }) => {
      this.place.requireAccount(account);
      const row = this.#meter(account, meter);
      const running = runningMinute(row, now);
      const { began, calls } = running;
      const day = now.toISOString().slice(0, 10);
      requireCallsLeft(limits, running, () => monthly(row, day) + row.pending, now);
      meters.set(`${account} ${meter}`, { ...row, began, calls: calls + 1, pending: row.pending + 1 });
      return day;
    });
  }

  minute(account: string, meter: string, now: Date) {
    return this.place.read(() => {
      const running = runningMinute(this.#meter(account, meter), now);
      return { calls: running.calls, endsAt: endOfMinute(running) };
    });
  }

  settle(
    account: string,
    meter: string,
    { day, call, outcome, isSuccess }: { day: string; call: string; outcome: string; isSuccess: boolean },
    now: Date,
  ) {
    return this.place.write(({ meters }) => {
      this.place.requireAccount(account);
      const row = this.#meter(account, meter);
      const { calls, failures } = row.days.get(day) ?? { calls: 0, failures: 0 };
      const counted = { calls: calls + Number(isSuccess), failures: failures + Number(!isSuccess) };
      meters.set(`${account} ${meter}`, {
        ...row,
        pending: Math.max(0, row.pending - 1),
        days: new Map([...row.days, [day, counted]]),
        log: [{ call, outcome, at: now.toISOString() }, ...row.log].slice(0, LOG_LENGTH),
      });
    });
  }

  of(account: string, meter: string, now: Date) {
    return this.place.read(() => {
      const row = this.#meter(account, meter);
      const month = now.toISOString().slice(0, 8);
      const days = [...row.days].toSorted(([a], [b]) => (a < b ? -1 : 1));
      return {
        monthlyCalls: monthly(row, month),
        totalCalls: days.reduce((sum, [, { calls }]) => sum + calls, 0),
        failures: days.reduce((sum, [, { failures }]) => sum + failures, 0),
        days: days
          .filter(([day, { calls }]) => day.startsWith(month) && calls > 0)
          .map(([day, { calls }]) => ({ day, calls })),
        log: row.log.map(({ call, outcome, at }) => ({ call, outcome: outcome as 'success', at })),
      };
    });
  }

  #meter(account: string, meter: string): MeterRow {
    const fresh = { began: 0, calls: 0, days: new Map(), pending: 0, log: [] };
    return this.place.rows.meters.get(`${account} ${meter}`) ?? fresh;
  }
}

const monthly = ({ days }: MeterRow, day: string): number =>
  [...days]
    .filter(([each]) => each.startsWith(day.slice(0, 7)))
    .reduce((sum, [, { calls }]) => sum + calls, 0);

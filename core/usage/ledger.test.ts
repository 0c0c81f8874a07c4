import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LintelError } from '#contract';
import { Accounts } from '#core/accounts';
import type { Store } from '#core/store';
import { temporaryStore, type TemporaryStore } from '../store/testing/temporary-store.ts';
import { Ledger } from './ledger.ts';

let place: TemporaryStore;
let store: Store;
let account: string;

beforeEach(async () => {
  place = await temporaryStore();
  ({ store } = place);
  account = (await new Accounts(store).register({ email: 'a@b.example', name: 'A' })).accountId;
});
afterEach(() => place.remove());

describe('limits', () => {
  const limits = { minute: 3, month: 5 };
  const at = (text: string): Date => new Date(`2026-01-${text}Z`);
  const charge = (now: Date): Promise<string> => store.usage.charge(account, 'faceauth', limits, now);

  it('hold in the minute that begins with the first call', async () => {
    for (let i = 0; i < 3; i++) await charge(at('02T00:00:30'));
    await expect(charge(at('02T00:01:29.999'))).rejects.toMatchObject({ code: 'rate-limited' });
    expect(await charge(at('02T00:01:30'))).toBe('2026-01-02');
    // A clock that was set back begins another minute.
    expect(await charge(at('01T00:00:00'))).toBe('2026-01-01');
  });

  it('hold in the month of the calendar', async () => {
    const ended = { call: 'match', outcome: 'success', isSuccess: true };
    for (let i = 1; i <= 5; i++) {
      const day = await charge(at(`0${i}T00:00:00`));
      // Some are done, others under way.
      if (i > 2) await store.usage.settle(account, 'faceauth', { ...ended, day }, at(`0${i}T00:00:01`));
    }
    await expect(charge(at('31T23:59:59'))).rejects.toMatchObject({ code: 'month-used-up' });
    await store.usage.settle(
      account,
      'faceauth',
      { ...ended, day: '2026-01-01', outcome: 'no-face', isSuccess: false },
      at('31T23:59:59'),
    );
    expect(await charge(at('31T23:59:59'))).toBe('2026-01-31');
  });

  it('are exact however many calls come at once, and of one account and meter only', async () => {
    const all = await Promise.allSettled(Array.from({ length: 200 }, () => charge(at('02T00:00:00'))));
    expect(all.filter(({ status }) => status === 'fulfilled')).toHaveLength(3);
    const { accountId } = await new Accounts(store).create('other');
    expect(await store.usage.charge(accountId, 'faceauth', limits, at('02T00:00:00'))).toBe('2026-01-02');
    expect(await store.usage.charge(account, 'another', limits, at('02T00:00:00'))).toBe('2026-01-02');
  });

  it('come from the plan, and there are none without one', async () => {
    const accounts = new Accounts(store);
    const ledger = new Ledger(store);
    expect(await ledger.limits(account, 'faceauth')).toEqual({ minute: 100, month: 1000 });
    expect(await accounts.setPlan('a@b.example', 'enterprise')).toMatchObject({ plan: 'enterprise' });
    expect(await ledger.limits(account, 'faceauth')).toEqual({ minute: 10_000, month: null });
    await accounts.setPlan(account, null);
    expect(await ledger.limits(account, 'faceauth')).toEqual({ minute: null, month: null });
  });
});

describe('usage', () => {
  it('counts what succeeded, notes what failed, and is there after a kill', async () => {
    const ledger = new Ledger(store);
    const call = (work: () => Promise<number>) => ledger.metered(account, 'faceauth', 'match', work);
    expect(await call(() => Promise.resolve(7))).toBe(7);
    await expect(call(() => Promise.reject(new LintelError('no-face')))).rejects.toMatchObject({
      code: 'no-face',
    });
    // Not answered: it counts for nothing when the process is killed now.
    await store.usage.charge(account, 'faceauth', { minute: null, month: null }, new Date());
    // Another process sees what this one has not closed.
    const other = await place.open();
    const usage = await new Ledger(other).usage(account, 'faceauth');
    expect(usage).toMatchObject({ monthlyCalls: 1, totalCalls: 1, failures: 1, days: [{ calls: 1 }] });
    expect(usage.log.map(({ call, outcome }) => [call, outcome])).toEqual([
      ['match', 'no-face'],
      ['match', 'success'],
    ]);
    await other.close();
  });

  it('keeps the newest calls only', async () => {
    const now = new Date();
    const ended = { day: now.toISOString().slice(0, 10), outcome: 'success', isSuccess: true };
    for (let i = 0; i < 130; i++) {
      await store.usage.settle(account, 'faceauth', { ...ended, call: String(i) }, now);
    }
    const { log } = await store.usage.of(account, 'faceauth', now);
    expect(log.map(({ call }) => call)).toEqual(Array.from({ length: 100 }, (_, i) => String(129 - i)));
  });
});

import { beforeEach, describe, expect, it } from 'vitest';
import type { PlanLimits } from '#contract';
import type { OpenStore } from './made-up-faces.ts';
import { A, B, storePerTest } from './store-per-test.ts';
import type { Store } from '../store.ts';

const METER = 'calls';
const UNLIMITED: PlanLimits = { minute: null, month: null };
const at = (text: string): Date => new Date(`2026-03-${text}Z`);
const NOON = at('31T12:00:00.000');

/** How every {@link Store} counts calls. @param fresh makes a new, empty place */
export function describeUsage(fresh: () => Promise<OpenStore>): void {
  describe('the usage of a store', () => {
    const place = storePerTest(fresh);
    let store: Store;
    beforeEach(async () => {
      store = place.store;
      for (const account of [A, B]) {
        const key = { keyId: `key_${account}`, hash: new Uint8Array(32), scopes: [] };
        await store.accounts.add(account, account, key);
      }
    });
    const charge = (limits: PlanLimits, now = NOON, account = A) =>
      store.usage.charge(account, METER, limits, now);
    const settle = (day: string, isSuccess = true, now = NOON) =>
      store.usage.settle(
        A,
        METER,
        { day, call: 'search', outcome: isSuccess ? 'success' : 'no-face', isSuccess },
        now,
      );

    it('refuses calls beyond the limit of a minute, however many come at once', async () => {
      const limits = { minute: 3, month: null };
      const all = await Promise.allSettled(Array.from({ length: 5 }, () => charge(limits)));
      expect(all.filter(({ status }) => status === 'fulfilled')).toHaveLength(3);
      expect(all.find(({ status }) => status === 'rejected')).toMatchObject({
        reason: { code: 'rate-limited', retryAfter: 60 },
      });
      expect(await store.usage.minute(A, METER, at('31T12:00:59.999'))).toEqual({
        calls: 3,
        endsAt: at('31T12:01:00.000'),
      });
      await charge(limits, NOON, B);
      await store.usage.charge(A, 'other', limits, NOON);
      expect(await charge(limits, at('31T12:01:00.000'))).toBe('2026-03-31');
      expect(await store.usage.minute(A, METER, at('31T12:01:00.000'))).toMatchObject({ calls: 1 });
    });

    it('counts a call in the minute that a later one began, whose turn came first', async () => {
      const limits = { minute: 2, month: null };
      await charge(limits, at('31T12:00:00.004'));
      await charge(limits, NOON);
      await expect(charge(limits, at('31T12:00:00.002'))).rejects.toMatchObject({ code: 'rate-limited' });
      expect(await store.usage.minute(A, METER, NOON)).toEqual({ calls: 2, endsAt: at('31T12:01:00.004') });
    });

    it('begins another minute when the clock was set back', async () => {
      const limits = { minute: 1, month: null };
      await charge(limits);
      const earlier = at('31T11:59:30.000');
      await charge(limits, earlier);
      expect(await store.usage.minute(A, METER, earlier)).toEqual({
        calls: 1,
        endsAt: at('31T12:00:30.000'),
      });
    });

    it('refuses calls beyond the limit of a month, counting calls under way, and not failed ones', async () => {
      const limits = { minute: null, month: 2 };
      const [first, second] = [await charge(limits), await charge(limits)];
      await expect(charge(limits)).rejects.toMatchObject({ code: 'month-used-up' });
      await settle(first);
      await settle(second, false);
      await settle(await charge(limits));
      await expect(charge(limits)).rejects.toMatchObject({ code: 'month-used-up', retryAfter: 12 * 60 * 60 });
      expect(await charge(limits, new Date('2026-04-01T00:00:00.000Z'))).toBe('2026-04-01');
    });

    it('refuses calls of an account that is not there', async () => {
      const unknown = { code: 'account-not-found' };
      await expect(charge(UNLIMITED, NOON, 'nobody')).rejects.toMatchObject(unknown);
      const ended = { day: '2026-03-31', call: 'search', outcome: 'success', isSuccess: true };
      await expect(store.usage.settle('nobody', METER, ended, NOON)).rejects.toMatchObject(unknown);
      expect(await store.usage.of('nobody', METER, NOON)).toMatchObject({ totalCalls: 0, log: [] });
    });

    it('adds up days, totals and failures, and lists the newest calls', async () => {
      for (const [day, isSuccess] of [
        ['28', true],
        ['30', false],
        ['31', true],
        ['31', true],
      ] as const) {
        const now = at(`${day}T08:00:00.000`);
        await settle(await charge(UNLIMITED, now), isSuccess, now);
      }
      expect(await store.usage.of(A, METER, NOON)).toEqual({
        monthlyCalls: 3,
        totalCalls: 3,
        failures: 1,
        days: [
          { day: '2026-03-28', calls: 1 },
          { day: '2026-03-31', calls: 2 },
        ],
        log: ['31', '31', '30', '28'].map((day) => ({
          call: 'search',
          outcome: day === '30' ? 'no-face' : 'success',
          at: `2026-03-${day}T08:00:00.000Z`,
        })),
      });
      const nextMonth = new Date('2026-04-01T00:00:00.000Z');
      expect(await store.usage.of(A, METER, nextMonth)).toMatchObject({
        monthlyCalls: 0,
        totalCalls: 3,
        days: [],
      });
      expect(await store.usage.of(B, METER, NOON)).toMatchObject({ totalCalls: 0, failures: 0, log: [] });
    });

    it('keeps the log of the newest hundred calls of each account', async () => {
      const day = await charge(UNLIMITED);
      for (let i = 0; i < 101; i++) await settle(day, true, new Date(NOON.getTime() + i));
      const { log, totalCalls } = await store.usage.of(A, METER, NOON);
      expect([log.length, totalCalls]).toEqual([100, 101]);
      expect(log.at(-1)!.at).toBe('2026-03-31T12:00:00.001Z');
    });
  });
}

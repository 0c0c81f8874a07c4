import { setTimeout as delay } from 'node:timers/promises';
import { expect, it } from 'vitest';
import type { Delivery, DeliveryQueue } from '#core/store';
import { Deliverer } from './deliverer.ts';

/** Addresses 1 to `slow`, so many of each account, at which something is always due, and one more of another account. */
class Queue implements DeliveryQueue {
  readonly slow: number;
  readonly perAccount: number;
  good: { arrives: () => void } | null = null;
  #ids = 0;

  constructor(slow: number, perAccount: number) {
    this.slow = slow;
    this.perAccount = perAccount;
  }

  waiting() {
    const slow = Array.from({ length: this.slow }, (_, i) => ({
      webhook: i + 1,
      account: `slow-${Math.floor(i / this.perAccount)}`,
    }));
    const good = { webhook: this.slow + 1, account: 'good' };
    return Promise.resolve(this.good === null ? slow : [...slow, good]);
  }

  due(webhook: number, _now: Date, limit: number): Promise<Delivery[]> {
    const isGood = webhook > this.slow;
    const count = isGood ? Number(this.good !== null) : limit;
    const url = isGood ? 'good' : `slow-${webhook}`;
    return Promise.resolve(
      Array.from({ length: count }, () => ({
        id: isGood ? 0 : ++this.#ids,
        webhook,
        url,
        secret: '',
        body: '',
        attempts: 0,
        due: 0,
      })),
    );
  }

  next() {
    return Promise.resolve(0);
  }

  delivered(id: number): Promise<void> {
    if (id === 0) {
      this.good?.arrives();
      this.good = null;
    }
    return Promise.resolve();
  }

  refused() {
    return Promise.resolve();
  }
}

/** Answers after a while. */
function start(queue: Queue) {
  const posts = new Map<string, number>();
  const under = new Set<string>();
  let most = 0;
  const deliverer = new Deliverer({
    webhooks: queue,
    post: async (url) => {
      posts.set(url, (posts.get(url) ?? 0) + 1);
      under.add(url);
      most = Math.max(most, under.size);
      await delay(url === 'good' ? 0 : 20);
      under.delete(url);
      return 200;
    },
    onError: (error) => {
      throw error;
    },
  });
  deliverer.wake();
  return { deliverer, posts, mostAtOnce: () => most };
}

it('addresses that answer slowly and always wait take turns with all others', async () => {
  const queue = new Queue(80, 5);
  const { deliverer, posts } = start(queue);
  await expect.poll(() => posts.size).toBeGreaterThan(63);
  const before = [...posts.values()].reduce((sum, count) => sum + count, 0);
  await new Promise<void>((arrives) => {
    queue.good = { arrives };
    deliverer.wake();
  });
  const between = [...posts.values()].reduce((sum, count) => sum + count, 0) - before;
  // A few rounds of 64 addresses with four events each.
  expect(between).toBeLessThan(4 * 64 * 4);
  await expect.poll(() => posts.size).toBe(81);
  await deliverer.close();
});

it('an account has some of the places, and each of its addresses its turn', async () => {
  const { deliverer, posts, mostAtOnce } = start(new Queue(20, 20));
  await expect.poll(() => posts.size).toBe(20);
  expect(mostAtOnce()).toBe(8);
  await deliverer.close();
});

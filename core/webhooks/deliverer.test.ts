import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, expect, it, vi } from 'vitest';
import type { Delivery, DeliveryQueue } from '#core/store';
import { Deliverer, type DelivererOptions } from './deliverer.ts';

/** What is due at addresses: so many events each, of subjects of their own. */
class Queue implements DeliveryQueue {
  /** How often it was asked who waits. */
  looks = 0;
  readonly #addresses = new Map<number, { readonly account: string; due: number }>();

  /** @returns the number of the address */
  add(account: string, due = Infinity): number {
    const webhook = this.#addresses.size + 1;
    this.#addresses.set(webhook, { account, due });
    return webhook;
  }

  dueAt(webhook: number): number {
    return this.#addresses.get(webhook)!.due;
  }

  waiting() {
    this.looks++;
    const waiting = [...this.#addresses].filter(([, { due }]) => due > 0);
    return Promise.resolve(waiting.map(([webhook, { account }]) => ({ webhook, account })));
  }

  due(webhook: number, _now: Date, limit: number): Promise<Delivery[]> {
    const count = Math.min(limit, this.dueAt(webhook));
    const delivery = { id: webhook, webhook, url: `${webhook}`, secret: '', body: '', attempts: 0, due: 0 };
    return Promise.resolve(Array.from({ length: count }, () => delivery));
  }

  next() {
    return Promise.resolve(0);
  }

  delivered(webhook: number): Promise<void> {
    this.#addresses.get(webhook)!.due--;
    return Promise.resolve();
  }

  refused() {
    return Promise.resolve();
  }
}

let queue: Queue;
let deliverer: Deliverer;
/** How often each address was posted to, which of them are being posted to, and the most that were at once. */
let posts: Map<number, number>;
let under: Set<number>;
let most: number;

/** @param answer settles when an address answers */
function start(
  answer: (webhook: number, signal: AbortSignal) => Promise<unknown>,
  options: Pick<DelivererOptions, 'perAccount'> = {},
): void {
  [posts, under, most] = [new Map(), new Set(), 0];
  deliverer = new Deliverer({
    webhooks: queue,
    post: async (url, _request, signal) => {
      const webhook = Number(url);
      posts.set(webhook, (posts.get(webhook) ?? 0) + 1);
      under.add(webhook);
      most = Math.max(most, under.size);
      await answer(webhook, signal!);
      under.delete(webhook);
      return 200;
    },
    onError: (error) => {
      throw error;
    },
    ...options,
  });
  deliverer.wake();
}
afterEach(async () => {
  await deliverer.close();
  vi.useRealTimers();
});

const slowly = () => delay(20);
/** None, until it is closed. */
const never = (signal: AbortSignal): Promise<unknown> => delay(2 ** 30, undefined, { signal });
const total = (): number => posts.values().reduce((sum, count) => sum + count, 0);

it('addresses that answer slowly and always wait take turns with all others', async () => {
  queue = new Queue();
  for (let i = 0; i < 80; i++) queue.add(`slow-${Math.floor(i / 5)}`);
  let [good, atGood] = [0, 0];
  start(async (webhook) => {
    if (webhook === good) atGood = total();
    await slowly();
  });
  await expect.poll(() => posts.size).toBeGreaterThan(63);
  const before = total();
  good = queue.add('good', 1);
  deliverer.wake();
  await expect.poll(() => queue.dueAt(good)).toBe(0);
  // A few rounds of 64 addresses with four events each.
  expect(atGood - before).toBeLessThan(4 * 64 * 4);
  await expect.poll(() => posts.size).toBe(81);
});

it('an account has some of the places, and each of its addresses its turn', async () => {
  queue = new Queue();
  for (let i = 0; i < 20; i++) queue.add('a');
  start(slowly, { perAccount: 8 });
  await expect.poll(() => posts.size).toBe(20);
  expect(most).toBe(8);
});

it('an account has all places where no option says otherwise', async () => {
  queue = new Queue();
  for (let i = 0; i < 70; i++) queue.add('a');
  start((_webhook, signal) => never(signal));
  await expect.poll(() => posts.size).toBe(64);
});

it('an address is served to its end while those of another account wait for each other', async () => {
  queue = new Queue();
  for (let i = 0; i < 20; i++) queue.add('slow');
  const good = queue.add('good', 12);
  const looks: number[] = [];
  start(
    async (webhook, signal) => {
      if (webhook !== good) await never(signal);
      looks.push(queue.looks);
    },
    { perAccount: 8 },
  );
  await expect.poll(() => queue.dueAt(good)).toBe(0);
  expect(looks).toEqual(Array.from({ length: 12 }, () => 1));
});

it('a place that gets free is of the account that has the fewest', async () => {
  queue = new Queue();
  // More of each than it has places, so that all wait for longer than the good one.
  for (let i = 0; i < 8 * 16; i++) queue.add(`slow-${i % 8}`);
  const { promise: isFree, resolve: free } = Promise.withResolvers<void>();
  let good = 0;
  start(
    async (webhook, signal) => {
      if (webhook === 1) await isFree;
      else if (webhook !== good) await never(signal);
    },
    { perAccount: 8 },
  );
  await expect.poll(() => posts.size).toBe(64);
  good = queue.add('good', 1);
  free();
  await expect.poll(() => queue.dueAt(good)).toBe(0);
});

it('what comes while it looks is looked for at once, and not after a rest', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  queue = new Queue();
  const { promise: isRead, resolve: read } = Promise.withResolvers<number>();
  const next = vi.spyOn(queue, 'next').mockReturnValueOnce(isRead);
  start(async () => undefined);
  await vi.advanceTimersByTimeAsync(0);
  expect(next).toHaveBeenCalledOnce();
  const good = queue.add('good', 1);
  deliverer.wake();
  read(0);
  await isRead;
  await vi.advanceTimersByTimeAsync(1);
  expect(queue.dueAt(good)).toBe(0);
});

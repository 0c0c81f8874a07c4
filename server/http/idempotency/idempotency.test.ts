import { beforeEach, describe, expect, it } from 'vitest';
import { KEPT_REPLIES, type Store } from '#core/store';
import { temporaryStore } from '../../../core/store/testing/temporary-store.ts';
import { fingerprintOf, Idempotency } from './idempotency.ts';

let store: Store;
let work: number;

const request = { account: 'a', key: 'k', fingerprint: fingerprintOf('index', { image: 1 }) };
const once = (idempotency: Idempotency, what = request) =>
  idempotency.run(what, () => Promise.resolve({ call: ++work }));

beforeEach(async () => {
  const place = await temporaryStore();
  ({ store } = place);
  work = 0;
  return place.remove;
});

describe('a request with an idempotency key', () => {
  it('is worked on once and answered alike, also after a restart', async () => {
    const first = new Idempotency(store.replies);
    expect(await once(first)).toEqual({ body: { call: 1 }, isReplayed: false });
    expect(await once(first)).toEqual({ body: { call: 1 }, isReplayed: true });
    expect(await once(new Idempotency(store.replies))).toEqual({ body: { call: 1 }, isReplayed: true });
  });

  it('waits for the same request that is under way', async () => {
    const idempotency = new Idempotency(store.replies);
    const answers = await Promise.all(Array.from({ length: 10 }, () => once(idempotency)));
    expect(work).toBe(1);
    expect(answers.filter(({ isReplayed }) => !isReplayed)).toHaveLength(1);
  });

  it('is refused when the key was used for another, also while that is under way', async () => {
    const idempotency = new Idempotency(store.replies);
    const other = { ...request, fingerprint: fingerprintOf('index', { image: 2 }) };
    const running = once(idempotency);
    await expect(once(idempotency, other)).rejects.toMatchObject({ code: 'idempotency-key-reused' });
    await running;
    await expect(once(idempotency, other)).rejects.toMatchObject({ code: 'idempotency-key-reused' });
  });

  it('is tried again after a failure', async () => {
    const idempotency = new Idempotency(store.replies);
    await expect(idempotency.run(request, () => Promise.reject(new Error('x')))).rejects.toThrow('x');
    expect(await once(idempotency)).toEqual({ body: { call: 1 }, isReplayed: false });
  });

  it('has nothing to do with another account’s of the same key', async () => {
    const idempotency = new Idempotency(store.replies);
    await once(idempotency);
    expect(await once(idempotency, { ...request, account: 'b' })).toEqual({
      body: { call: 2 },
      isReplayed: false,
    });
  });

  it('of one account takes the place of its oldest, and of no other account’s', async () => {
    const idempotency = new Idempotency(store.replies);
    await once(idempotency, { ...request, account: 'b' });
    await once(idempotency);
    const { fingerprint } = request;
    const count = KEPT_REPLIES + 100;
    // Not waited for one by one: the disk is written to once for many.
    await Promise.all(
      Array.from({ length: count }, (_, i) =>
        store.replies.save('a', `key-${i}`, { fingerprint, body: '{}' }),
      ),
    );
    expect(await store.replies.find('a', 'k')).toBeNull();
    expect(await store.replies.find('a', `key-${count - 1}`)).not.toBeNull();
    expect(await store.replies.find('b', 'k')).not.toBeNull();
  });
});

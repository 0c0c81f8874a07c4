import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { newFaceId, newReference, type OpenStore } from './made-up-faces.ts';
import { A, auditOf, B, storePerTest } from './store-per-test.ts';
import type { Store } from './store.ts';

/** What every {@link Store} keeps for a server. @param fresh makes a new, empty place */
export function describeServerTables(fresh: () => Promise<OpenStore>): void {
  describe('a store of a server', () => {
    const place = storePerTest(fresh);
    const { another } = place;
    let store: Store;
    beforeEach(() => {
      store = place.store;
    });

    describe('accounts of the server', () => {
      const hash = new Uint8Array(32);
      const key = (keyId: string) => ({ keyId, hash, scopes: ['read', 'write'] as const });

      it('are added with their first key, or not at all', async () => {
        await store.accounts.add('a', 'Ada', key('k1'));
        await store.accounts.addKey('a', key('k2'));
        await expect(store.accounts.add('b', 'Ada', key('k3'))).rejects.toMatchObject({
          code: 'account-exists',
        });
        await expect(store.accounts.add('b', 'Bob', key('k1'))).rejects.toMatchObject({ code: 'key-exists' });
        await expect(store.accounts.addKey('b', key('k3'))).rejects.toMatchObject({
          code: 'account-not-found',
        });
        const other = await another();
        expect(await other.accounts.list()).toMatchObject([{ accountId: 'a', name: 'Ada' }]);
        expect((await other.accounts.keys('a')).map(({ keyId }) => keyId)).toEqual(['k1', 'k2']);
      });

      it('have keys that are found until they are removed', async () => {
        await store.accounts.add('a', 'Ada', key('k1'));
        expect(await store.accounts.findKey('k1')).toMatchObject({
          accountId: 'a',
          scopes: ['read', 'write'],
        });
        expect(await store.accounts.removeKey('k1')).toBe(true);
        expect(await store.accounts.removeKey('k1')).toBe(false);
        expect(await store.accounts.findKey('k1')).toBeNull();
      });

      it('are in the audit log with their keys, and who made and removed them', async () => {
        const { accounts } = store.as('command-line');
        const scopes = ['read', 'write'];
        await accounts.add('a', 'Ada', key('k1'));
        await expect(accounts.add('b', 'Bob', key('k1'))).rejects.toMatchObject({ code: 'key-exists' });
        await accounts.addKey('a', key('k2'));
        await accounts.removeKey('k1');
        await accounts.removeKey('k1');
        expect((await auditOf(store)).slice(1)).toEqual([
          ['command-line', { kind: 'account-created', account: 'a' }],
          ['command-line', { kind: 'api-key-added', account: 'a', keyId: 'k1', scopes }],
          ['command-line', { kind: 'api-key-added', account: 'a', keyId: 'k2', scopes }],
          ['command-line', { kind: 'api-key-removed', account: 'a', keyId: 'k1' }],
        ]);
      });
    });

    describe('replies', () => {
      afterEach(() => vi.useRealTimers());

      it('are forgotten with the external key that they name', async () => {
        const fingerprint = new Uint8Array(32);
        const [first, second] = [newFaceId(), newFaceId()];
        for (const [faceId, externalKey] of [
          [first, 'k1'],
          [second, 'k2'],
        ] as const) {
          await store.addFace(A, 'c', { faceId, externalKey, references: [newReference()] });
          await store.replies.save(A, externalKey, {
            fingerprint,
            body: JSON.stringify({ faceId, externalKey }),
          });
        }
        await store.replies.save(A, 'none', { fingerprint, body: '{"faceId":"x","externalKey":null}' });
        expect(await store.replies.prune()).toBe(0);
        await store.deleteFace(A, 'c', first);
        expect(await store.replies.prune()).toBe(1);
        await store.setExternalKey(A, 'c', second, 'k3', false);
        expect(await store.replies.prune()).toBe(1);
        expect(await store.replies.find(A, 'none')).not.toBeNull();
      });

      it('are found by account and key for a day', async () => {
        const fingerprint = new Uint8Array(32);
        await store.replies.save(A, 'k', { fingerprint, body: '{"a":1}' });
        expect((await (await another()).replies.find(A, 'k'))?.body).toBe('{"a":1}');
        expect(await store.replies.find(B, 'k')).toBeNull();
        vi.useFakeTimers({ now: Date.now() + 24 * 60 * 60 * 1000 + 1, toFake: ['Date'] });
        expect(await store.replies.find(A, 'k')).toBeNull();
        await store.replies.save(A, 'other', { fingerprint, body: '{}' });
        await store.scrub();
        expect(await store.replies.prune()).toBe(1);
        expect(await store.scrub()).toBe(true);
        expect(await store.replies.prune()).toBe(0);
        expect(await store.scrub()).toBe(false);
        vi.useRealTimers();
        // Forgotten for good, not only passed over.
        expect(await store.replies.find(A, 'k')).toBeNull();
      });
    });
  });
}

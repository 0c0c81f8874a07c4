import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { newFaceId, newReference, type OpenStore } from './made-up-faces.ts';
import { A, auditOf, B, storePerTest } from './store-per-test.ts';
import type { Store } from '../store.ts';

const keyNamed = (name: string) => ({
  keyId: `key_${name}`,
  hash: new Uint8Array(32),
  scopes: ['read'] as const,
});
const pageToken = (tokenId: string, uses: number, expiresAt = 100) => ({
  tokenId,
  keyId: 'key_a',
  uses,
  expiresAt,
});

/** What every {@link Store} keeps for a server. @param fresh makes a new, empty place */
export function describeServerTables(fresh: () => Promise<OpenStore>): void {
  describe('a store of a server', () => {
    let store: Store;
    const { another } = storePerTest(fresh, (opened) => (store = opened));

    describe('what APIs know of faces', () => {
      it('comes with a face, is replaced, and goes with it', async () => {
        const faceId = newFaceId();
        const document = '{"name":"Ada","x":[1]}';
        await store.addFace(A, 'c', {
          faceId,
          references: [{ ...newReference(), quality: 0.5 }],
          particulars: { document, live: 0.75 },
        });
        const of = async () => (await store.particulars(A, 'c', [faceId, newFaceId()])).get(faceId);
        const { number, ...rest } = (await of())!;
        expect(rest).toEqual({ document, live: 0.75, quality: 0.5 });
        await store.setMetadata(A, 'c', faceId, {}, '{}');
        expect(await of()).toMatchObject({ number, document: '{}' });
        await store.setMetadata(A, 'c', faceId, { name: 'Eve' });
        expect(await of()).toMatchObject({ document: '{}' });
        expect(await store.personalData(A, 'c', faceId)).toMatchObject({ document: '{}' });
        await expect(store.particulars(B, 'c', [faceId])).rejects.toMatchObject({
          code: 'collection-not-found',
        });
        await store.deleteFace(A, 'c', faceId);
        expect(await of()).toBeUndefined();
      });

      it('can lose the pictures of one face and go on recognising', async () => {
        const picture = { ...newReference(), image: Uint8Array.of(1, 2, 3) };
        const [one, other] = [newFaceId(), newFaceId()];
        for (const faceId of [one, other]) await store.addFace(A, 'c', { faceId, references: [picture] });
        expect(await store.dropImagesOf(A, 'c', one)).toBe(1);
        expect(await store.dropImagesOf(A, 'c', one)).toBe(0);
        const imagesOf = async (faceId: string) =>
          (await store.personalData(A, 'c', faceId)).references.map(({ image, templates }) => [
            image === null,
            templates.length,
          ]);
        expect(await imagesOf(one)).toEqual([[true, 1]]);
        expect(await imagesOf(other)).toEqual([[false, 1]]);
        await expect(store.dropImagesOf(B, 'c', other)).rejects.toMatchObject({
          code: 'collection-not-found',
        });
      });

      it('says whether a collection enrols by itself, at first not', async () => {
        expect(await store.autoEnrols(A, 'c')).toBe(false);
        await store.setAutoEnrol(A, 'c', true);
        expect(await store.autoEnrols(A, 'c')).toBe(true);
        await expect(store.setAutoEnrol(B, 'c', true)).rejects.toMatchObject({
          code: 'collection-not-found',
        });
      });

      it('lets the oldest references make room where it is asked to', async () => {
        const references = Array.from({ length: 10 }, () => newReference());
        const { faceId } = await store.addFace(A, 'c', { faceId: newFaceId(), references });
        const one = [newReference()];
        await expect(store.addReferences(A, 'c', faceId, one)).rejects.toMatchObject({
          code: 'too-many-references',
        });
        const [oldest, ...others] = await store.faceReferences(A, 'c', faceId, one[0]!.modelId);
        const face = await store.addReferences(A, 'c', faceId, one, { makeRoom: true });
        expect(face.referenceCount).toBe(10);
        const ids = (await store.faceReferences(A, 'c', faceId, one[0]!.modelId)).map(
          (each) => each.referenceId,
        );
        expect(ids).not.toContain(oldest!.referenceId);
        expect(ids.slice(0, 9)).toEqual(others.map((each) => each.referenceId));
      });
    });

    describe('accounts of the server', () => {
      const hash = new Uint8Array(32);
      const key = (keyId: string) => ({ keyId, hash, scopes: ['read', 'write'] as const });

      it('are added with their first key, or not at all', async () => {
        await store.accounts.add('a', 'Ada', key('k1'));
        await store.accounts.addApiKey('a', key('k2'));
        await expect(store.accounts.add('b', 'Ada', key('k3'))).rejects.toMatchObject({
          code: 'account-exists',
        });
        await expect(store.accounts.add('b', 'Bob', key('k1'))).rejects.toMatchObject({ code: 'key-exists' });
        await expect(store.accounts.addApiKey('b', key('k3'))).rejects.toMatchObject({
          code: 'account-not-found',
        });
        const other = await another();
        expect(await other.accounts.list()).toMatchObject([{ accountId: 'a', name: 'Ada' }]);
        expect((await other.accounts.keys('a')).map(({ keyId }) => keyId)).toEqual(['k1', 'k2']);
      });

      it('have keys that are found until they are removed', async () => {
        await store.accounts.add('a', 'Ada', key('k1'));
        expect(await store.accounts.findApiKey('k1')).toMatchObject({
          accountId: 'a',
          scopes: ['read', 'write'],
        });
        expect(await store.accounts.removeApiKey('k1')).toBe(true);
        expect(await store.accounts.removeApiKey('k1')).toBe(false);
        expect(await store.accounts.findApiKey('k1')).toBeNull();
      });

      it('are in the audit log with their keys, and who made and removed them', async () => {
        const { accounts } = store.as('command-line');
        const scopes = ['read', 'write'];
        await accounts.add('a', 'Ada', key('k1'));
        await expect(accounts.add('b', 'Bob', key('k1'))).rejects.toMatchObject({ code: 'key-exists' });
        await accounts.addApiKey('a', key('k2'));
        await accounts.removeApiKey('k1');
        await accounts.removeApiKey('k1');
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

    describe('what web pages may do', () => {
      beforeEach(async () => {
        await store.accounts.add('acct_a', 'a', keyNamed('a'));
        await store.accounts.add('acct_b', 'b', keyNamed('b'));
      });

      it('is where a key has its origins, until it is removed', async () => {
        const origins = ['https://b.example', 'https://a.example', 'https://b.example'];
        await store.as('command-line').pages.setOrigins('key_a', origins);
        expect(await (await another()).pages.origins('key_a')).toEqual([
          'https://a.example',
          'https://b.example',
        ]);
        expect(await store.pages.origins('key_b')).toEqual([]);
        expect(await store.pages.isListed('https://a.example')).toBe(true);
        expect((await auditOf(store)).at(-1)).toEqual([
          'command-line',
          {
            kind: 'page-origins-set',
            account: 'acct_a',
            keyId: 'key_a',
            origins: ['https://a.example', 'https://b.example'],
          },
        ]);
        await store.accounts.removeApiKey('key_a');
        expect(await store.pages.isListed('https://a.example')).toBe(false);
        await expect(store.pages.setOrigins('key_a', [])).rejects.toMatchObject({ code: 'key-not-found' });
      });

      it('is counted down, however many come at once, and ends with token or key', async () => {
        await store.pages.addToken(pageToken('t', 3), 0);
        const all = await Promise.all(Array.from({ length: 9 }, () => store.pages.useToken('t', 'key_a')));
        expect(all.filter(Boolean)).toHaveLength(3);
        await store.pages.addToken(pageToken('u', 1), 0);
        expect(await store.pages.canUseToken('u', 'key_b')).toBe(false);
        expect(await store.pages.canUseToken('u', 'key_a')).toBe(true);
        expect(await store.pages.removeToken('acct_b', 'u')).toBe(false);
        expect(await store.pages.removeToken('acct_a', 'u')).toBe(true);
        expect(await store.pages.useToken('u', 'key_a')).toBe(false);
        await store.pages.addToken(pageToken('v', 1), 0);
        await store.pages.addToken(pageToken('w', 1, 300), 200);
        expect(await store.pages.canUseToken('v', 'key_a')).toBe(false);
        await store.accounts.removeApiKey('key_a');
        expect(await store.pages.useToken('w', 'key_a')).toBe(false);
        await expect(store.pages.addToken(pageToken('x', 1), 0)).rejects.toMatchObject({
          code: 'key-not-found',
        });
      });
    });
  });
}

import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type Face, MAX_REFERENCES_PER_FACE } from '#contract';
import type { NewReference, Store } from './types.ts';

/** Opens another handle on the same place each time it is called. */
export type OpenStore = () => Promise<Store>;

const A = 'account-a';
const B = 'account-b';
const MODEL = 'model-1';

export const newFaceId = (): string => `face_${randomBytes(16).toString('hex')}`;

export const newReference = (modelId = MODEL): NewReference => ({
  modelId,
  template: Float32Array.from({ length: 512 }, () => Math.random() - 0.5),
  quality: 0.9,
  source: 'file',
});

/**
 * What every {@link Store} does, whatever it is made of.
 * @param fresh makes a new, empty place
 */
export function describeStore(fresh: () => Promise<OpenStore>): void {
  describe('a store', () => {
    let open: OpenStore;
    let store: Store;
    const handles: Store[] = [];

    const another = async (): Promise<Store> => {
      const handle = await open();
      handles.push(handle);
      return handle;
    };
    const enrol = (account: string, externalKey: string | null = null, name?: string): Promise<Face> =>
      store.addFace(account, 'c', {
        faceId: newFaceId(),
        references: [newReference()],
        externalKey,
        metadata: name === undefined ? {} : { name },
      });

    beforeEach(async () => {
      open = await fresh();
      store = await another();
      await store.createCollection(A, 'c', 'Staff');
    });

    afterEach(async () => {
      for (const handle of handles.splice(0)) await handle.close();
    });

    describe('collections', () => {
      it('are created once, described, listed in order and deleted', async () => {
        await store.createCollection(A, 'a');
        await expect(store.createCollection(A, 'c')).rejects.toMatchObject({ code: 'collection-exists' });
        expect((await store.listCollections(A)).map((c) => [c.collectionId, c.description])).toEqual([
          ['a', null],
          ['c', 'Staff'],
        ]);
        expect(await store.updateCollection(A, 'a', 'Visitors')).toMatchObject({ description: 'Visitors' });
        expect(await store.getCollection(A, 'a')).toMatchObject({ description: 'Visitors' });
        expect(await store.deleteCollection(A, 'a')).toBe(true);
        expect(await store.deleteCollection(A, 'a')).toBe(false);
      });

      it('lose what is there when they are reset, and nothing that comes while they are', async () => {
        for (let i = 0; i < 150; i++) await enrol(A, `k${i}`);
        const reset = store.resetCollection(A, 'c');
        // Comes before the removal is through.
        const { faceId } = await enrol(A, 'k0');
        await reset;
        expect(await store.listFaces(A, 'c')).toMatchObject({ faces: [{ faceId }], total: 1 });
        expect(await store.getCollection(A, 'c')).toMatchObject({ description: 'Staff' });
        const deletion = store.deleteCollection(A, 'c');
        await store.createCollection(A, 'c');
        expect(await deletion).toBe(true);
        expect(await store.listFaces(A, 'c')).toMatchObject({ total: 0 });
      });

      it('that are missing are named as such by every call', async () => {
        const face = { faceId: newFaceId(), references: [newReference()] };
        for (const call of [
          store.getCollection(A, 'x'),
          store.updateCollection(A, 'x', null),
          store.resetCollection(A, 'x'),
          store.addFace(A, 'x', face),
          store.addReferences(A, 'x', face.faceId, face.references),
          store.getFace(A, 'x', face.faceId),
          store.listFaces(A, 'x'),
          store.deleteFace(A, 'x', face.faceId),
          store.setExternalKey(A, 'x', face.faceId, 'k', false),
          store.faceIdsByExternalKey(A, 'x', 'k'),
          store.deleteFacesByExternalKey(A, 'x', 'k'),
          store.removeExternalKey(A, 'x', 'k', null),
          store.removals(A, 'x'),
          store.revision(A, 'x'),
          store.referenceIds(A, 'x', MODEL),
        ]) {
          await expect(call).rejects.toMatchObject({ code: 'collection-not-found' });
        }
      });

      it('lose every face and template when reset or deleted', async () => {
        await enrol(A, 'k1');
        const ids = await store.referenceIds(A, 'c', MODEL);
        await store.resetCollection(A, 'c');
        expect(await store.listFaces(A, 'c')).toEqual({ faces: [], total: 0 });
        expect(await store.references(A, ids)).toEqual([]);
        await enrol(A, 'k1');
        await store.deleteCollection(A, 'c');
        await store.createCollection(A, 'c');
        expect(await store.listFaces(A, 'c')).toEqual({ faces: [], total: 0 });
      });
    });

    describe('faces', () => {
      it('come back as they were enrolled, templates bit for bit', async () => {
        const reference = newReference();
        const faceId = newFaceId();
        const face = { faceId, references: [reference], externalKey: 'k', metadata: { name: 'Ada' } };
        const added = await store.addFace(A, 'c', face);
        expect(added).toMatchObject({
          faceId,
          externalKey: 'k',
          metadata: { name: 'Ada' },
          referenceCount: 1,
        });
        expect(await (await another()).getFace(A, 'c', faceId)).toEqual(added);
        const [stored] = await store.references(A, await store.referenceIds(A, 'c', MODEL));
        expect(stored).toMatchObject({ faceId, template: reference.template });
      });

      it('are listed page by page in order of enrolment', async () => {
        const ids: string[] = [];
        for (let i = 0; i < 5; i++) ids.push((await enrol(A)).faceId);
        const { faces, total } = await store.listFaces(A, 'c', { offset: 1, limit: 2 });
        expect(faces.map((face) => face.faceId)).toEqual(ids.slice(1, 3));
        expect(total).toBe(5);
      });

      it('are found by part of name, external key or id, ignoring case', async () => {
        const ada = await enrol(A, 'Staff-17', 'Zoé 100%');
        await enrol(A, null, 'Grace');
        for (const query of ['zOÉ', 'ZOE\u0301', 'staff-1', ada.faceId.slice(8, 20).toUpperCase(), '100%']) {
          expect((await store.listFaces(A, 'c', { query })).faces).toEqual([ada]);
        }
        expect(await store.listFaces(A, 'c', { query: '%' })).toMatchObject({ total: 1 });
        expect(await store.listFaces(A, 'c', { query: '_taff' })).toMatchObject({ total: 0 });
      });

      it('take references up to the limit, or none of a call that exceeds it', async () => {
        const { faceId } = await enrol(A);
        const full = Array.from({ length: MAX_REFERENCES_PER_FACE - 1 }, () => newReference());
        expect(await store.addReferences(A, 'c', faceId, full.slice(1))).toMatchObject({ referenceCount: 9 });
        await expect(store.addReferences(A, 'c', faceId, full.slice(0, 2))).rejects.toMatchObject({
          code: 'too-many-references',
        });
        expect(await store.getFace(A, 'c', faceId)).toMatchObject({ referenceCount: 9 });
        await expect(
          store.addFace(A, 'c', { faceId: newFaceId(), references: [...full, ...full] }),
        ).rejects.toMatchObject({ code: 'too-many-references' });
        expect(await store.listFaces(A, 'c')).toMatchObject({ total: 1 });
      });

      it('are gone once deleted', async () => {
        const { faceId } = await enrol(A, 'k');
        const ids = await store.referenceIds(A, 'c', MODEL);
        expect(await store.deleteFace(A, 'c', faceId)).toBe(true);
        expect(await store.deleteFace(A, 'c', faceId)).toBe(false);
        expect(await store.references(A, ids)).toEqual([]);
        for (const call of [
          store.getFace(A, 'c', faceId),
          store.addReferences(A, 'c', faceId, [newReference()]),
          store.setExternalKey(A, 'c', faceId, 'k', true),
        ]) {
          await expect(call).rejects.toMatchObject({ code: 'face-not-found' });
        }
      });
    });

    describe('external keys', () => {
      it('belong to one face of a collection unless duplicates are allowed', async () => {
        const first = await enrol(A, 'k');
        const second = await enrol(A);
        await expect(enrol(A, 'k')).rejects.toMatchObject({ code: 'external-key-in-use' });
        await expect(store.setExternalKey(A, 'c', second.faceId, 'k', false)).rejects.toMatchObject({
          code: 'external-key-in-use',
        });
        expect(await store.setExternalKey(A, 'c', second.faceId, 'k', true)).toBe('created');
        expect(await store.faceIdsByExternalKey(A, 'c', 'k')).toEqual([first.faceId, second.faceId]);
        expect(await store.setExternalKey(A, 'c', second.faceId, 'other', false)).toBe('updated');
        expect(await store.setExternalKey(A, 'c', second.faceId, 'other', false)).toBe('updated');
        expect(await store.faceIdsByExternalKey(A, 'c', 'k')).toEqual([first.faceId]);
      });

      it('are taken from one face or from all, which stay', async () => {
        const [a, b, other] = [await enrol(A, 'k'), await enrol(A), await enrol(A, 'other')];
        await store.setExternalKey(A, 'c', b.faceId, 'k', true);
        expect(await store.removeExternalKey(A, 'c', 'k', other.faceId)).toBe(0);
        expect(await store.removeExternalKey(A, 'c', 'k', a.faceId)).toBe(1);
        expect(await store.faceIdsByExternalKey(A, 'c', 'k')).toEqual([b.faceId]);
        await store.setExternalKey(A, 'c', a.faceId, 'k', true);
        expect(await store.removeExternalKey(A, 'c', 'k', null)).toBe(2);
        expect(await store.removeExternalKey(A, 'c', 'k', null)).toBe(0);
        expect(await store.listFaces(A, 'c')).toMatchObject({
          faces: [{ externalKey: null }, { externalKey: null }, { externalKey: 'other' }],
        });
      });

      it('delete every face that has them', async () => {
        const [a, b, other] = [await enrol(A, 'k'), await enrol(A), await enrol(A, 'other')];
        await store.setExternalKey(A, 'c', b.faceId, 'k', true);
        expect(await store.deleteFacesByExternalKey(A, 'c', 'k')).toBe(2);
        expect(await store.deleteFacesByExternalKey(A, 'c', 'k')).toBe(0);
        expect(await store.listFaces(A, 'c')).toMatchObject({ faces: [{ faceId: other.faceId }], total: 1 });
        await expect(store.getFace(A, 'c', a.faceId)).rejects.toMatchObject({ code: 'face-not-found' });
      });

      it('are compared as they are written', async () => {
        await enrol(A, 'key');
        await enrol(A, 'KEY');
        expect(await store.faceIdsByExternalKey(A, 'c', 'Key')).toEqual([]);
      });
    });

    describe('references', () => {
      it('are listed by model, and their ids are never used twice', async () => {
        const first = await enrol(A);
        await store.addReferences(A, 'c', first.faceId, [newReference('model-2')]);
        const [one] = await store.referenceIds(A, 'c', MODEL);
        const [two] = await store.referenceIds(A, 'c', 'model-2');
        expect(two).toBeGreaterThan(one!);
        await store.resetCollection(A, 'c');
        await enrol(A);
        const [three] = await store.referenceIds(A, 'c', MODEL);
        expect(three).toBeGreaterThan(two!);
      });

      it('are listed in parts', async () => {
        for (let i = 0; i < 5; i++) await enrol(A);
        const ids = await store.referenceIds(A, 'c', MODEL);
        expect(await store.referenceIds(A, 'c', MODEL, { after: ids[0]!, limit: 2 })).toEqual(
          ids.slice(1, 3),
        );
        expect(await store.referenceIds(A, 'c', MODEL, { after: ids[0]!, upTo: ids[3]! })).toEqual(
          ids.slice(1, 4),
        );
      });

      it('that are removed are counted, others are not', async () => {
        const { faceId } = await enrol(A, 'k');
        const before = await store.removals(A, 'c');
        await store.addReferences(A, 'c', faceId, [newReference()]);
        await store.setExternalKey(A, 'c', faceId, 'l', false);
        expect(await store.removals(A, 'c')).toBe(before);
        const seen = new Set([before]);
        await store.deleteFace(A, 'c', faceId);
        seen.add(await store.removals(A, 'c'));
        await enrol(A, 'k');
        await store.deleteFacesByExternalKey(A, 'c', 'k');
        seen.add(await store.removals(A, 'c'));
        await store.resetCollection(A, 'c');
        seen.add(await store.removals(A, 'c'));
        expect(seen.size).toBe(4);
      });

      it('change the revision with everything that happens to a face, and only then', async () => {
        const seen = [await store.revision(A, 'c')];
        const afterwards = async (change: Promise<unknown>) => {
          await change;
          seen.push(await store.revision(A, 'c'));
        };
        const { faceId } = await enrol(A);
        await afterwards(Promise.resolve());
        await afterwards(store.addReferences(A, 'c', faceId, [newReference()]));
        await afterwards(store.setExternalKey(A, 'c', faceId, 'k', false));
        await afterwards(store.deleteFace(A, 'c', faceId));
        await afterwards(store.resetCollection(A, 'c'));
        await store.deleteCollection(A, 'c');
        await afterwards(store.createCollection(A, 'c'));
        expect(new Set(seen).size).toBe(seen.length);

        const before = await store.revision(A, 'c');
        await store.updateCollection(A, 'c', 'Other');
        await store.createCollection(A, 'd');
        await store.setSecret('s', new Uint8Array(1));
        expect(await store.revision(A, 'c')).toBe(before);
      });
    });

    describe('accounts', () => {
      it('see nothing of each other', async () => {
        const { faceId } = await enrol(A, 'k');
        const ids = await store.referenceIds(A, 'c', MODEL);
        expect(await store.listCollections(B)).toEqual([]);
        await expect(store.getFace(B, 'c', faceId)).rejects.toMatchObject({ code: 'collection-not-found' });
        expect(await store.references(B, ids)).toEqual([]);
        expect(await store.deleteCollection(B, 'c')).toBe(false);

        await store.createCollection(B, 'c');
        await expect(store.getFace(B, 'c', faceId)).rejects.toMatchObject({ code: 'face-not-found' });
        expect(await store.deleteFace(B, 'c', faceId)).toBe(false);
        expect(await store.faceIdsByExternalKey(B, 'c', 'k')).toEqual([]);
        expect(await store.listFaces(B, 'c')).toEqual({ faces: [], total: 0 });
        expect(await store.referenceIds(B, 'c', MODEL)).toEqual([]);
        await enrol(B, 'k');
        await store.resetCollection(B, 'c');
        expect(await store.listFaces(A, 'c')).toMatchObject({ total: 1 });
      });
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
    });

    describe('replies', () => {
      afterEach(() => vi.useRealTimers());

      it('are found by account and key for a day', async () => {
        const fingerprint = new Uint8Array(32);
        await store.replies.save(A, 'k', { fingerprint, body: '{"a":1}' });
        expect((await (await another()).replies.find(A, 'k'))?.body).toBe('{"a":1}');
        expect(await store.replies.find(B, 'k')).toBeNull();
        vi.useFakeTimers({ now: Date.now() + 24 * 60 * 60 * 1000 + 1, toFake: ['Date'] });
        expect(await store.replies.find(A, 'k')).toBeNull();
        await store.replies.save(A, 'other', { fingerprint, body: '{}' });
        vi.useRealTimers();
        // Forgotten for good, not only passed over.
        expect(await store.replies.find(A, 'k')).toBeNull();
      });
    });

    describe('secrets', () => {
      it('are kept, replaced and removed', async () => {
        expect(await store.getSecret('pin')).toBeNull();
        await store.setSecret('pin', Uint8Array.of(1, 2));
        await store.setSecret('pin', Uint8Array.of(3));
        expect([...(await (await another()).getSecret('pin'))!]).toEqual([3]);
        await store.setSecret('pin', null);
        expect(await store.getSecret('pin')).toBeNull();
      });
    });

    describe('two handles', () => {
      it('see each other at once', async () => {
        const other = await another();
        const before = await other.revision(A, 'c');
        const { faceId } = await enrol(A);
        expect(await other.revision(A, 'c')).not.toBe(before);
        expect(await other.deleteFace(A, 'c', faceId)).toBe(true);
        await expect(store.getFace(A, 'c', faceId)).rejects.toMatchObject({ code: 'face-not-found' });
      });

      it('write in turn and lose nothing', async () => {
        const stores = [store, await another()];
        await Promise.all(
          Array.from({ length: 40 }, (_, i) =>
            stores[i % 2]!.addFace(A, 'c', { faceId: newFaceId(), references: [newReference()] }),
          ),
        );
        expect(await store.listFaces(A, 'c')).toMatchObject({ total: 40 });
        expect(await store.referenceIds(A, 'c', MODEL)).toHaveLength(40);
      });
    });
  });
}

import { describe, expect, it } from 'vitest';
import { MAX_AUTOMATIC_REFERENCES, MAX_COLLECTIONS, MAX_REFERENCES_PER_FACE } from '#contract';
import { putCollections } from './at-once.ts';
import { describeDevices } from './devices-suite.ts';
import { describeDuties } from './duties-suite.ts';
import { describeLineage } from './lineage-suite.ts';
import { MODEL, newFaceId, newReference, type OpenStore } from './made-up-faces.ts';
import { describeModelChange } from './model-change-suite.ts';
import { A, auditOf, B, storePerTest } from './store-per-test.ts';
import { describeReferences } from './store-suite-references.ts';
import { describeServerTables } from './store-suite-server.ts';
import { describeUsage } from './usage-suite.ts';
import { describeUsers } from './users-suite.ts';
import type { Store } from '../store.ts';

const hash = (byte: number): Uint8Array => new Uint8Array(32).fill(byte);

/**
 * What every {@link Store} does, whatever it is made of.
 * @param fresh makes a new, empty place
 */
export function describeStore(fresh: () => Promise<OpenStore>): void {
  describeDuties(fresh);
  describeModelChange(fresh);
  describeReferences(fresh);
  describeServerTables(fresh);
  describeUsers(fresh);
  describeDevices(fresh);
  describeUsage(fresh);
  describeLineage(fresh);
  describe('a store', () => {
    let store: Store;
    const { another, enrol } = storePerTest(fresh, (opened) => (store = opened));

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

      it('are refused once an account has as many as it may have, and one that goes makes room', async () => {
        await store.createCollection(B, 'c');
        const others = Array.from({ length: MAX_COLLECTIONS - 2 }, (_, i) => `c${i}`);
        await putCollections(store, A, others);
        await store.createCollection(A, 'the-last');
        await expect(store.createCollection(A, 'one-more')).rejects.toMatchObject({
          code: 'too-many-collections',
        });
        await expect(store.createCollection(A, 'c')).rejects.toMatchObject({ code: 'collection-exists' });
        await store.createCollection(B, 'd');
        await store.deleteCollection(A, 'c1');
        await store.createCollection(A, 'one-more');
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
          () => store.getCollection(A, 'x'),
          () => store.updateCollection(A, 'x', null),
          () => store.resetCollection(A, 'x'),
          () => store.addFace(A, 'x', face),
          () => store.addReferences(A, 'x', face.faceId, face.references),
          () => store.getFace(A, 'x', face.faceId),
          () => store.listFaces(A, 'x'),
          () => store.deleteFace(A, 'x', face.faceId),
          () => store.faceReferences(A, 'x', face.faceId, MODEL),
          () => store.unlearn(A, 'x', face.faceId),
          () => store.setExternalKey(A, 'x', face.faceId, 'k', false),
          () => store.faceIdsByExternalKey(A, 'x', 'k'),
          () => store.setAccessCode(A, 'x', face.faceId, new Uint8Array(32)),
          () => store.faceByAccessCode(A, 'x', new Uint8Array(32)),
          () => store.deleteFacesByExternalKey(A, 'x', 'k'),
          () => store.removeExternalKey(A, 'x', 'k', null),
          () => store.removals(A, 'x'),
          () => store.revision(A, 'x'),
          () => store.referenceIds(A, 'x', MODEL),
        ]) {
          await expect(call()).rejects.toMatchObject({ code: 'collection-not-found' });
        }
      });

      it('lose every face and template when reset or deleted', async () => {
        await enrol(A, 'k1');
        const ids = await store.referenceIds(A, 'c', MODEL);
        await store.resetCollection(A, 'c');
        expect(await store.listFaces(A, 'c')).toEqual({ faces: [], total: 0 });
        expect(await store.references(A, MODEL, ids)).toEqual([]);
        await enrol(A, 'k1');
        await store.deleteCollection(A, 'c');
        await store.createCollection(A, 'c');
        expect(await store.listFaces(A, 'c')).toEqual({ faces: [], total: 0 });
      });
    });

    describe('faces', () => {
      it('come back as they were enrolled, templates protected', async () => {
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
        const [stored] = await store.references(A, MODEL, await store.referenceIds(A, 'c', MODEL));
        const template = await store.protect(MODEL, reference.template);
        expect(stored).toMatchObject({ faceId, template, source: 'file' });
        expect(await store.faceReferences(A, 'c', faceId, MODEL)).toEqual([stored]);
        expect(await store.faceReferences(A, 'c', faceId, 'another')).toEqual([]);
      });

      it('keep their access when something else is noted, until it is named', async () => {
        const { faceId } = await enrol(A);
        const access = { groups: ['staff'], validFrom: null, validUntil: '2026-12-24' };
        await store.setMetadata(A, 'c', faceId, { name: 'Ada', access });
        await store.setMetadata(A, 'c', faceId, { name: 'Ada L.' });
        const kept = { name: 'Ada L.', access };
        expect((await (await another()).getFace(A, 'c', faceId)).metadata).toEqual(kept);
        const none = { groups: [], validFrom: null, validUntil: null };
        const updated = await store.setMetadata(A, 'c', faceId, { access: none });
        expect(updated.metadata).toEqual({ access: none });
        await store.setMetadata(A, 'c', faceId, { access });
        const ended = await store.setMetadata(A, 'c', faceId, { access: { groups: [] } });
        expect(ended.metadata).toEqual({ access: { ...access, groups: [] } });
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

      it('keep the newest automatic references, which make room for others', async () => {
        const { faceId } = await enrol(A);
        const sources = async () =>
          (await store.faceReferences(A, 'c', faceId, MODEL)).map(({ source }) => source);
        const ids = async () =>
          (await store.faceReferences(A, 'c', faceId, MODEL)).map(({ referenceId }) => referenceId);
        const automatic = { ...newReference(), source: 'automatic' as const };
        for (let i = 0; i < MAX_AUTOMATIC_REFERENCES; i++) {
          await store.addReferences(A, 'c', faceId, [automatic]);
        }
        const [own, oldest, ...newer] = await ids();
        await store.addReferences(A, 'c', faceId, [automatic]);
        expect(await ids()).toEqual([own, ...newer, expect.any(Number)]);
        expect(await ids()).not.toContain(oldest);

        const more = Array.from({ length: MAX_REFERENCES_PER_FACE - 2 }, () => newReference());
        expect(await store.addReferences(A, 'c', faceId, more)).toMatchObject({
          referenceCount: MAX_REFERENCES_PER_FACE,
          automaticReferenceCount: 1,
        });
        const before = await store.revision(A, 'c');
        expect(await store.unlearn(A, 'c', faceId)).toMatchObject({
          referenceCount: MAX_REFERENCES_PER_FACE - 1,
          automaticReferenceCount: 0,
        });
        expect(new Set(await sources())).toEqual(new Set(['file']));
        expect(await store.revision(A, 'c')).not.toBe(before);
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
        expect(await store.references(A, MODEL, ids)).toEqual([]);
        for (const call of [
          () => store.getFace(A, 'c', faceId),
          () => store.addReferences(A, 'c', faceId, [newReference()]),
          () => store.setExternalKey(A, 'c', faceId, 'k', true),
        ]) {
          await expect(call()).rejects.toMatchObject({ code: 'face-not-found' });
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

    describe('access codes', () => {
      it('find the face they were given to, and replace each other', async () => {
        const { faceId } = await enrol(A, null, 'Ada');
        expect(await store.setAccessCode(A, 'c', faceId, hash(1))).toBe(true);
        expect(await (await another()).faceByAccessCode(A, 'c', hash(1))).toEqual(
          await store.getFace(A, 'c', faceId),
        );
        expect(await store.setAccessCode(A, 'c', faceId, hash(2))).toBe(true);
        expect(await store.faceByAccessCode(A, 'c', hash(1))).toBeNull();
        expect(await store.faceByAccessCode(A, 'c', hash(2))).toMatchObject({ faceId });
      });

      it('belong to one face of a collection', async () => {
        const first = await enrol(A);
        const second = await enrol(A);
        expect(await store.setAccessCode(A, 'c', first.faceId, hash(1))).toBe(true);
        expect(await store.setAccessCode(A, 'c', second.faceId, hash(1))).toBe(false);
        expect(await store.faceByAccessCode(A, 'c', hash(1))).toMatchObject({ faceId: first.faceId });
        await store.createCollection(A, 'd');
        expect(await store.faceByAccessCode(A, 'd', hash(1))).toBeNull();
      });

      it('are gone with the face, and free for another', async () => {
        const { faceId } = await enrol(A);
        await store.setAccessCode(A, 'c', faceId, hash(1));
        await store.deleteFace(A, 'c', faceId);
        expect(await store.faceByAccessCode(A, 'c', hash(1))).toBeNull();
        await expect(store.setAccessCode(A, 'c', faceId, hash(1))).rejects.toMatchObject({
          code: 'face-not-found',
        });
        const other = await enrol(A);
        expect(await store.setAccessCode(A, 'c', other.faceId, hash(1))).toBe(true);
        await store.resetCollection(A, 'c');
        expect(await store.faceByAccessCode(A, 'c', hash(1))).toBeNull();
      });

      it('of one account say nothing to another', async () => {
        const { faceId } = await enrol(A);
        await store.setAccessCode(A, 'c', faceId, hash(1));
        await expect(store.faceByAccessCode(B, 'c', hash(1))).rejects.toMatchObject({
          code: 'collection-not-found',
        });
        await store.createCollection(B, 'c');
        expect(await store.faceByAccessCode(B, 'c', hash(1))).toBeNull();
        await expect(store.setAccessCode(B, 'c', faceId, hash(1))).rejects.toMatchObject({
          code: 'face-not-found',
        });
      });
    });

    describe('accounts', () => {
      it('see nothing of each other', async () => {
        const { faceId } = await enrol(A, 'k');
        const ids = await store.referenceIds(A, 'c', MODEL);
        expect(await store.listCollections(B)).toEqual([]);
        await expect(store.getFace(B, 'c', faceId)).rejects.toMatchObject({ code: 'collection-not-found' });
        expect(await store.references(B, MODEL, ids)).toEqual([]);
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

    describe('secrets', () => {
      it('are kept, replaced and removed', async () => {
        expect(await store.getSecret('pin')).toBeNull();
        await store.setSecret('pin', Uint8Array.of(1, 2));
        await store.setSecret('pin', Uint8Array.of(3));
        expect([...(await (await another()).getSecret('pin'))!]).toEqual([3]);
        await store.setSecret('pin', null);
        expect(await store.getSecret('pin')).toBeNull();
      });

      it('are noted in the audit log as they change', async () => {
        const entry = { kind: 'settings-changed', changes: { pin: 'new' } } as const;
        const noted = async () => (await auditOf(store)).filter(([, { kind }]) => kind === entry.kind).length;
        await store.setSecret('pin', Uint8Array.of(1), entry);
        expect(await noted()).toBe(1);
        await store.changeSecret('pin', () => Uint8Array.of(2), entry);
        expect(await noted()).toBe(2);
        await store.changeSecret('pin', (value) => value, entry);
        expect(await noted()).toBe(2);
        await expect(store.changeSecret('pin', refuse, entry)).rejects.toThrow('no');
        expect(await noted()).toBe(2);
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

function refuse(): never {
  throw new RangeError('no');
}

import { describe, expect, it } from 'vitest';
import { verifyLog, verifyReceipt } from '#core/audit';
import { MODEL, newFaceId, newReference, type OpenStore } from './made-up-faces.ts';
import { A, auditOf, B, storePerTest } from './store-per-test.ts';
import type { Store } from '../store.ts';

/** Who did what, in order. */
/** By a clock that was never wrong. */
const olderThan = (before: Date) => ({ before, earliest: new Date(0), now: new Date('9999-01-01') });

const entriesOf = async (store: Store): Promise<[string, string][]> =>
  (await auditOf(store)).map(([actor, { kind }]) => [actor, kind]);

/** What every store owes to the people in it: to forget, to account for itself, to show what it knows. */
export function describeDuties(fresh: () => Promise<OpenStore>): void {
  describe('the duties of a store', () => {
    let store: Store;
    const { another, enrol, enrolWith } = storePerTest(fresh, (opened) => (store = opened));

    describe('erasure', () => {
      const image = Uint8Array.of(0xff, 0xd8, 1, 2, 3);

      it('takes a face with everything, gives a receipt, and lets nothing bring it back', async () => {
        const { faceId } = await enrolWith({ image });
        const other = await enrol(A, 'k');
        const [reference] = await store.referenceIds(A, 'c', MODEL);
        const receipt = await store.as('operator').erase(A, { faceId });
        const publicKey = await store.audit.publicKey();
        expect(verifyReceipt(JSON.stringify(receipt), publicKey)).toMatchObject({
          account: A,
          faces: [{ collectionId: 'c', faceId }],
          by: 'operator',
        });
        expect(await verifyLog(store.audit.lines(), { publicKey, anchors: [receipt.audit] })).toMatchObject({
          problem: null,
          unsigned: 0,
        });
        expect(await store.references(A, MODEL, [reference!])).toEqual([]);
        expect(await store.referenceImage(A, reference!)).toBeNull();
        expect(await store.listFaces(A, 'c')).toMatchObject({ total: 1, faces: [{ faceId: other.faceId }] });
        const again = { faceId, references: [newReference()] };
        await expect(store.addFace(A, 'c', again)).rejects.toMatchObject({ code: 'face-erased' });
        await store.createCollection(A, 'd');
        await expect(store.addFace(A, 'd', again)).rejects.toMatchObject({ code: 'face-erased' });
        await expect(store.erase(A, { faceId })).rejects.toMatchObject({ code: 'face-not-found' });
        expect(await store.receipt(A, faceId)).toEqual(receipt);
        await expect(store.receipt(B, faceId)).rejects.toMatchObject({ code: 'face-not-found' });
        expect(await store.scrub()).toBe(false);
      });

      it('takes every face under an external key of one collection, and nobody of another', async () => {
        await store.createCollection(A, 'd');
        await store.createCollection(B, 'c');
        const here = await enrol(A, 'k');
        const there = await store.addFace(A, 'd', {
          faceId: newFaceId(),
          references: [newReference()],
          externalKey: 'k',
        });
        await enrol(A, 'K');
        await enrol(B, 'k');
        const erase = (collectionId: string) => store.erase(A, { externalKey: 'k', collectionId });
        expect((await erase('c')).faces).toEqual([{ collectionId: 'c', faceId: here.faceId }]);
        expect(await store.listFaces(A, 'd')).toMatchObject({ total: 1 });
        const { faceId } = there;
        await expect(store.erase(A, { faceId, collectionId: 'c' })).rejects.toMatchObject({
          code: 'face-not-found',
        });
        expect(await store.listFaces(A, 'c')).toMatchObject({ total: 1 });
        expect(await store.listFaces(B, 'c')).toMatchObject({ total: 1 });
        await expect(erase('c')).rejects.toMatchObject({ code: 'face-not-found' });
        expect((await erase('d')).faces).toEqual([{ collectionId: 'd', faceId }]);
      });

      it('is due after other deletions too, which leave tombstones as well', async () => {
        const [first, second, third] = [await enrol(A), await enrol(A), await enrol(A)];
        await store.deleteFace(A, 'c', first.faceId);
        await store.resetCollection(A, 'c');
        const ids = [first, second, third].map(({ faceId }) => faceId);
        expect((await store.tombstones()).map(({ faceId }) => faceId)).toEqual(ids.toSorted());
        expect(await store.scrub()).toBe(true);
        expect(await store.scrub()).toBe(false);
        expect(await store.receipt(A, third.faceId)).toMatchObject({ by: 'device' });
      });

      it('refuses a face at once when its collection is reset, however long the rest takes', async () => {
        const face = await enrol(A);
        for (let i = 0; i < 150; i++) await enrol(A);
        const reset = store.resetCollection(A, 'c');
        const again = { faceId: face.faceId, references: [newReference()] };
        await expect(store.addFace(A, 'c', again)).rejects.toMatchObject({ code: 'face-erased' });
        expect(await (await another()).receipt(A, face.faceId)).toMatchObject({
          faces: [{ collectionId: 'c' }],
        });
        await reset;
        expect(await store.tombstones()).toHaveLength(151);
        expect(await entriesOf(store)).toContainEqual(['device', 'collection-reset']);
      });

      it('forgets what was answered to the account, which may name an external key', async () => {
        const { faceId } = await enrol(A, 'k');
        const reply = { fingerprint: new Uint8Array(32), body: '{"externalKey":"k"}' };
        await store.replies.save(A, 'one', reply);
        await store.replies.save(B, 'one', reply);
        await store.erase(A, { externalKey: 'k', collectionId: 'c' });
        expect(await store.replies.find(A, 'one')).toBeNull();
        expect(await store.replies.find(B, 'one')).not.toBeNull();
        await store.replies.save(A, 'two', reply);
        await store.receipt(A, faceId);
        expect(await store.replies.find(A, 'two')).toBeNull();
      });

      it('is due when a face lost its external key, or was deleted by it', async () => {
        const { faceId } = await enrol(A, 'k');
        await store.removeExternalKey(A, 'c', 'k', null);
        expect(await store.scrub()).toBe(true);
        await store.setExternalKey(A, 'c', faceId, 'k', false);
        await store.deleteFacesByExternalKey(A, 'c', 'k');
        expect(await store.tombstones()).toMatchObject([{ faceId }]);
        expect(await store.scrub()).toBe(true);
      });

      it('stays due when images were removed while the file was being cleaned', async () => {
        const image = Uint8Array.of(1);
        const { faceId } = await enrolWith({ image });
        await enrolWith({ image });
        const other = await another();
        const erasing = store.erase(A, { faceId });
        const isThere = () => other.getFace(A, 'c', faceId).catch(() => null);
        while ((await isThere()) !== null);
        expect(await other.dropImages(A, olderThan(new Date(Date.now() + 1000)))).toBe(1);
        await erasing;
        expect(await store.scrub()).toBe(true);
        expect(await store.scrub()).toBe(false);
      });
    });

    describe('the audit log', () => {
      it('names every change and who made it, and nothing that failed', async () => {
        const operator = store.as('operator');
        const face = { faceId: newFaceId(), references: [newReference()], externalKey: 'k' };
        await operator.addFace(A, 'c', face);
        await expect(operator.addFace(A, 'c', face)).rejects.toMatchObject({ code: 'external-key-in-use' });
        await operator.addReferences(A, 'c', face.faceId, [newReference()]);
        await operator.setExternalKey(A, 'c', face.faceId, 'k2', false);
        await operator.removeExternalKey(A, 'c', 'k2', null);
        await operator.setAccessCode(A, 'c', face.faceId, Uint8Array.of(1));
        await operator.unlearn(A, 'c', face.faceId);
        await operator.personalData(A, 'c', face.faceId);
        await operator.renewProtection();
        await operator.deleteFace(A, 'c', face.faceId);
        await operator.updateCollection(A, 'c', 'x');
        await operator.resetCollection(A, 'c');
        await operator.deleteCollection(A, 'c');
        await operator.audit.append({ kind: 'signed-in' });
        const kinds = [
          'enrolled',
          'references-added',
          'external-key-set',
          'external-key-removed',
          'access-code-set',
          'exported',
          'key-changed',
          'face-deleted',
          'collection-updated',
          'collection-reset',
          'collection-deleted',
          'signed-in',
        ];
        expect(await entriesOf(store)).toEqual([
          ['device', 'collection-created'],
          ...kinds.map((kind) => ['operator', kind]),
        ]);
      });

      it('names what the appliance learns by itself, and that it was told to forget it', async () => {
        const { faceId } = await enrol(A);
        const [own] = await store.referenceIds(A, 'c', MODEL);
        const image = Uint8Array.of(0xff, 0xd8, 9);
        const operator = store.as('operator');
        await operator.addReferences(A, 'c', faceId, [{ ...newReference(), source: 'automatic', image }]);
        const [, learned] = await store.referenceIds(A, 'c', MODEL);
        expect(await store.inspectSealed()).toBe(3);
        await operator.unlearn(A, 'c', faceId);
        expect(await store.referenceIds(A, 'c', MODEL)).toEqual([own]);
        expect(await store.referenceImage(A, learned!)).toBeNull();
        expect(await store.inspectSealed()).toBe(1);
        expect(await entriesOf(store)).toEqual([
          ['device', 'collection-created'],
          ['device', 'enrolled'],
          ['device', 'references-added'],
          ['operator', 'references-removed'],
        ]);
        expect(await store.scrub()).toBe(true);
      });

      it('holds no secret of a person', async () => {
        const { faceId } = await enrol(A, 'external-key', 'Ada Lovelace');
        await store.erase(A, { faceId });
        for await (const line of store.audit.lines()) expect(line).not.toMatch(/external-key|Ada/);
      });

      it('is one chain for all handles, with checkpoints, however long', async () => {
        const handles = [store, await another()];
        for (let i = 0; i < 600; i++) await handles[i % 2]!.audit.append({ kind: 'signed-in' });
        const publicKey = await store.audit.publicKey();
        const report = await verifyLog(store.audit.lines(), { publicKey });
        expect(report).toMatchObject({ lines: 603, checkpoints: 2, problem: null });
        expect(await store.audit.checkpoint()).toMatchObject({ n: 604 });
        expect(await store.audit.checkpoint()).toMatchObject({ n: 604 });
        expect(await verifyLog(store.audit.lines(), { publicKey })).toMatchObject({ unsigned: 0 });
      });

      it('forgets what is older than asked, and stays verifiable', async () => {
        for (let i = 0; i < 300; i++) await store.audit.append({ kind: 'signed-in' });
        expect(await store.audit.prune(olderThan(new Date(0)))).toBe(0);
        expect(await store.audit.prune(olderThan(new Date(Date.now() + 1000)))).toBe(255);
        const publicKey = await store.audit.publicKey();
        const report = await verifyLog(store.audit.lines(), { publicKey });
        expect(report).toMatchObject({ lines: 48, problem: null });
      });
    });

    describe('personal data', () => {
      it('is everything that is kept of one face', async () => {
        const image = Uint8Array.of(0xff, 0xd8, 7);
        const reference = { ...newReference(), image };
        const face = await store.addFace(A, 'c', {
          faceId: newFaceId(),
          references: [reference, newReference()],
          externalKey: 'k',
          metadata: { name: 'Ada' },
        });
        const data = await store.personalData(A, 'c', face.faceId);
        expect(data.face).toEqual(face);
        expect(data.references.map(({ image }) => image && [...image])).toEqual([[...image], null]);
        const [kept] = data.references[0]!.templates;
        expect(kept!.modelId).toBe(MODEL);
        const error = kept!.template.map((value, i) => Math.abs(value - reference.template[i]!));
        expect(Math.max(...error)).toBeLessThan(1e-5);
        await store.createCollection(B, 'c');
        await expect(store.personalData(B, 'c', face.faceId)).rejects.toMatchObject({
          code: 'face-not-found',
        });
      });
    });

    describe('retention', () => {
      it('removes the images that are older than asked, of one account', async () => {
        const image = Uint8Array.of(1);
        await enrolWith({ image }, { image });
        const ids = await store.referenceIds(A, 'c', MODEL);
        expect(await store.dropImages(A, olderThan(new Date(0)))).toBe(0);
        expect(await store.dropImages(B, olderThan(new Date(Date.now() + 1000)))).toBe(0);
        expect(await store.referenceImage(A, ids[0]!)).not.toBeNull();
        expect(await store.dropImages(A, olderThan(new Date(Date.now() + 1000)))).toBe(2);
        expect(await store.referenceImage(A, ids[0]!)).toBeNull();
        expect(await store.referenceIds(A, 'c', MODEL)).toEqual(ids);
      });
    });

    describe('the state hash', () => {
      it('differs with the contents, not with how they came about', async () => {
        const hashes = new Set([await store.stateHash()]);
        await store.audit.append({ kind: 'signed-in' });
        hashes.add(await (await another()).stateHash());
        expect(hashes.size).toBe(1);
        for (const change of [
          () => enrol(A, 'k'),
          () => store.setSecret('s', Uint8Array.of(1)),
          () => store.renewProtection(),
          () => store.erase(A, { externalKey: 'k', collectionId: 'c' }),
        ]) {
          await change();
          const hash = await store.stateHash();
          expect(hashes).not.toContain(hash);
          hashes.add(hash);
        }
      });
    });
  });
}

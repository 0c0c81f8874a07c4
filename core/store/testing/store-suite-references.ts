import { describe, expect, it } from 'vitest';
import { MODEL, newFaceId, newReference, type OpenStore } from './made-up-faces.ts';
import { A, storePerTest } from './store-per-test.ts';
import type { Store } from '../store.ts';

/** References in every {@link Store}. @param fresh makes a new, empty place */
export function describeReferences(fresh: () => Promise<OpenStore>): void {
  describe('a store of references', () => {
    let store: Store;
    const { enrol } = storePerTest(fresh, (opened) => (store = opened));

    describe('references', () => {
      it('give a template back as its model made it', async () => {
        const { template } = newReference();
        const kept = await store.protect(MODEL, template);
        expect(kept).not.toEqual(template);
        const recovered = await store.recover(MODEL, kept);
        template.forEach((value, i) => expect(recovered[i]).toBeCloseTo(value, 5));
      });

      it('are listed by model, and their ids are never used twice', async () => {
        const other = { modelId: 'model-2', template: Float32Array.of(0.6, 0.8) };
        const first = await enrol(A);
        await store.addReferences(A, 'c', first.faceId, [{ ...newReference(), additional: [other] }]);
        const [one, two] = await store.referenceIds(A, 'c', MODEL);
        expect(await store.referenceIds(A, 'c', 'model-2')).toEqual([two]);
        expect(await store.references(A, 'model-2', [one!, two!])).toMatchObject([
          {
            referenceId: two,
            faceId: first.faceId,
            template: await store.protect('model-2', other.template),
          },
        ]);
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

      it('are listed and counted by parts of the collection, those of a face in one', async () => {
        const faces = [];
        for (let i = 0; i < 6; i++) faces.push(await enrol(A));
        for (const { faceId } of faces) await store.addReferences(A, 'c', faceId, [newReference()]);
        const parts = await Promise.all(
          [0, 1, 2, 3].map(async (number) => {
            const part = { number, of: 4 };
            const ids = await store.referenceIds(A, 'c', MODEL, { part });
            expect(await store.countReferences(A, 'c', MODEL, part)).toBe(ids.length);
            return await store.references(A, MODEL, ids);
          }),
        );
        const all = parts.flatMap((part) => part.map(({ referenceId }) => referenceId));
        expect(all.toSorted((a, b) => a - b)).toEqual(await store.referenceIds(A, 'c', MODEL));
        expect(await store.countReferences(A, 'c', MODEL)).toBe(12);
        expect(parts.map((part) => new Set(part.map(({ faceId }) => faceId)).size * 2)).toEqual(
          parts.map(({ length }) => length),
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
        await afterwards(store.renewProtection());
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

      it('keep a face out that was to be added to the collection as it was', async () => {
        const [one, other] = [newFaceId(), newFaceId()].map((faceId) => ({
          faceId,
          references: [newReference()],
        }));
        const revision = await store.revision(A, 'c');
        expect(await store.addFaceUnlessChanged(A, 'c', one!, revision)).not.toBeNull();
        expect(await store.addFaceUnlessChanged(A, 'c', other!, revision)).toBeNull();
        expect((await store.listFaces(A, 'c')).total).toBe(1);
      });
    });
  });
}

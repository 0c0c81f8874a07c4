import { describe, expect, it } from 'vitest';
import { MODEL, newReference, type OpenStore } from './made-up-faces.ts';
import { A, auditOf, B, storePerTest } from './store-per-test.ts';
import type { Store } from '../store.ts';

/** How every store goes from one embedding model to the next. */
export function describeModelChange(fresh: () => Promise<OpenStore>): void {
  describe('a change of model', () => {
    let store: Store;
    const { another, enrol, enrolWith } = storePerTest(fresh, (opened) => (store = opened));

    const image = Uint8Array.of(0xff, 0xd8, 1, 2, 3);
    const next = { modelId: 'model-2', template: Float32Array.of(0.6, 0.8) };

    it('begins with the model of the first reference, and takes no reference of another', async () => {
      expect(await store.servingModel(A)).toBeNull();
      const { faceId } = await enrol(A);
      expect(await (await another()).servingModel(A)).toBe(MODEL);
      for (const call of [
        () => store.addReferences(A, 'c', faceId, [newReference('model-2')]),
        () => enrolWith({ modelId: 'model-2' }),
      ]) {
        await expect(call()).rejects.toMatchObject({ code: 'model-switched' });
      }
      expect(await store.listFaces(A, 'c')).toMatchObject({ total: 1, faces: [{ referenceCount: 1 }] });
    });

    it('keeps images byte for byte, as long as their reference', async () => {
      const { faceId } = await enrolWith({ image }, {});
      const [kept, none] = await store.referenceIds(A, 'c', MODEL);
      expect([...(await store.referenceImage(A, kept!))!]).toEqual([...image]);
      expect(await store.referenceImage(A, none!)).toBeNull();
      expect(await store.referenceImage(B, kept!)).toBeNull();
      await store.deleteFace(A, 'c', faceId);
      expect(await store.referenceImage(A, kept!)).toBeNull();
    });

    it('names each image until the model has seen it, also when it found no face', async () => {
      await enrolWith({ image }, {}, { image, additional: [next] }, { image }, { image });
      const [first, , , fourth, fifth] = await store.referenceIds(A, 'c', MODEL);
      expect(await store.pendingReferences(A, 'model-2', 2)).toEqual([first, fourth]);
      expect(await store.pendingReferences(A, MODEL, 9)).toEqual([]);
      const { template } = next;
      const add = (account: string, made: [number, Float32Array | null][]) =>
        store.addTemplates(account, 'model-2', new Map(made));
      expect(await add(A, [[first!, template]])).toBe(1);
      expect(
        await add(A, [
          [first!, template],
          [fourth!, null],
          [999, template],
        ]),
      ).toBe(1);
      expect(await add(B, [[fifth!, template]])).toBe(0);
      expect(await store.pendingReferences(A, 'model-2', 9)).toEqual([fifth]);
      expect(await store.modelCoverage(A, 'model-2')).toEqual({
        references: 5,
        embedded: 2,
        images: 4,
        pending: 1,
        faces: 1,
        reEnrol: 0,
      });
    });

    it('switches when nothing is pending, and removes what the other model left', async () => {
      const whole = await enrolWith({ image });
      const half = await enrolWith({ image }, {});
      const unseen = await enrolWith({ image });
      const blind = await enrolWith({}, {});
      const ids = await store.referenceIds(A, 'c', MODEL);
      const before = await store.revision(A, 'c');
      const add = (id: number, template: Float32Array | null) =>
        store.addTemplates(A, 'model-2', new Map([[id, template]]));
      await add(ids[0]!, next.template);
      await add(ids[1]!, next.template);
      const operator = store.as('operator');
      expect(await operator.switchModel(A, 'model-2')).toBe(false);
      expect(await store.revision(A, 'c')).toBe(before);
      expect(await store.servingModel(A)).toBe(MODEL);
      await add(ids[3]!, null);
      expect(await store.modelCoverage(A, 'model-2')).toMatchObject({ pending: 0, faces: 4, reEnrol: 2 });

      const lines = (await auditOf(store)).length;
      expect(await operator.switchModel(A, 'model-2')).toBe(true);
      expect(await operator.switchModel(A, 'model-2')).toBe(true);
      const entry = { kind: 'model-switched', account: A, from: MODEL, to: 'model-2' };
      expect((await auditOf(store)).slice(lines)).toEqual([['operator', entry]]);
      expect(await store.servingModel(A)).toBe('model-2');
      expect(await store.revision(A, 'c')).not.toBe(before);
      expect(await store.referenceIds(A, 'c', MODEL)).toEqual([]);
      expect(await store.referenceIds(A, 'c', 'model-2')).toEqual([ids[0], ids[1]]);
      const { faces } = await store.listFaces(A, 'c');
      expect(faces.map((face) => [face.faceId, face.reEnrol, face.referenceCount])).toEqual([
        [whole.faceId, false, 1],
        [half.faceId, false, 1],
        [unseen.faceId, true, 1],
        [blind.faceId, true, 0],
      ]);
      // What another model saw nothing in, the first one may see again.
      expect(await store.pendingReferences(A, MODEL, 9)).toEqual([ids[0], ids[1], ids[3]]);
    });

    it('is one account’s own', async () => {
      await enrol(A);
      await store.createCollection(B, 'c');
      await enrol(B);
      expect(await store.switchModel(A, 'model-2')).toBe(true);
      expect(await store.servingModel(B)).toBe(MODEL);
      expect(await store.listFaces(B, 'c')).toMatchObject({ faces: [{ reEnrol: false }] });
      expect(await store.modelCoverage(B, MODEL)).toMatchObject({ references: 1, embedded: 1 });
    });
  });
}

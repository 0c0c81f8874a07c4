import { describe, expect, it } from 'vitest';
import { StoreHead, type ErasureReceipt, type SignedAnchor } from '#contract';
import { generateDeviceKey, openDeviceKey, signReceipt } from '#core/audit';
import { newFaceId, newReference, type OpenStore } from './made-up-faces.ts';
import { A, auditOf, storePerTest } from './store-per-test.ts';
import type { Store } from '../store.ts';

const HASH = 'ab'.repeat(32);
const key = openDeviceKey(generateDeviceKey());
const frame = (byte: number): Uint8Array => new Uint8Array(32).fill(byte);

/**
 * What every {@link Store} does when evidence says that it is an older copy of itself, and which frames it knows.
 * @param fresh makes a new, empty place
 */
export function describeLineage(fresh: () => Promise<OpenStore>): void {
  describe('the lineage of a store', () => {
    let store: Store;
    const place = storePerTest(fresh, (opened) => (store = opened));

    const ownKey = async () => openDeviceKey(Buffer.from((await store.getSecret('device-key'))!));
    /** A head that the device signed after its store was copied, so that the store lacks it. */
    async function laterAnchor(signer = ownKey()): Promise<SignedAnchor> {
      const head = StoreHead.parse({ lineage: '', n: 99, hash: HASH });
      return { ...head, signature: (await signer).sign('audit-anchor', JSON.stringify(head)) };
    }
    /** The receipt of faces that the device erased after its store was copied. */
    async function laterReceipt(faceIds: readonly string[], signer = ownKey()): Promise<string> {
      const faces = faceIds.map((faceId) => ({ collectionId: 'c', faceId })) as ErasureReceipt['faces'];
      const erasure = {
        account: A,
        faces,
        at: new Date(0).toISOString(),
        by: 'operator',
        audit: { n: 9, hash: HASH },
      };
      return JSON.stringify(signReceipt(erasure, await signer));
    }
    const entries = async () =>
      (await auditOf(store)).filter(([, { kind }]) => kind.startsWith('set-back') || kind === 'erased');

    it('is not contradicted by heads and receipts of its own', async () => {
      const { faceId } = await place.enrol(A);
      const anchor = (await store.lineage.anchor())!;
      const receipt = await store.erase(A, { faceId });
      await store.lineage.checkAnchor(anchor);
      await store.lineage.checkReceipts([JSON.stringify(receipt), 'no receipt', '{}']);
      expect(await store.lineage.pending()).toBeNull();
      await store.lineage.require();
    });

    it('is not contradicted by heads and receipts of another device', async () => {
      const { faceId } = await place.enrol(A);
      const other = Promise.resolve(key);
      await store.lineage.checkAnchor(await laterAnchor(other));
      await store.lineage.checkReceipts([await laterReceipt([faceId], other)]);
      expect(await store.lineage.pending()).toBeNull();
    });

    it('is contradicted by a head that the store lacks, until an operator accepts it', async () => {
      const anchor = await laterAnchor();
      await store.lineage.checkAnchor(anchor);
      await store.lineage.checkAnchor(anchor);
      expect(await (await place.another()).lineage.pending()).toEqual({ evidence: ['server'], people: 0 });
      await expect(store.lineage.require()).rejects.toMatchObject({ code: 'store-set-back' });
      expect(await store.lineage.anchor()).toBeNull();
      expect(await store.as('operator').settleSetBack('accept')).toBe(0);
      await store.lineage.require();
      // The evidence is of a former life from now on.
      await store.lineage.checkAnchor(anchor);
      expect(await store.lineage.pending()).toBeNull();
      expect((await store.lineage.anchor())!.lineage).not.toBe('');
      expect(await entries()).toEqual([
        ['device', { kind: 'set-back-noticed', by: 'server' }],
        ['operator', { kind: 'set-back-settled', decision: 'accept', erasedAgain: 0 }],
      ]);
    });

    it('is contradicted by a receipt of a face that is here, which is erased again', async () => {
      const [here, stays] = [await place.enrol(A), await place.enrol(A)];
      const gone = newFaceId();
      await store.lineage.checkReceipts([await laterReceipt([here.faceId, gone])]);
      expect(await store.lineage.pending()).toEqual({ evidence: ['receipts'], people: 2 });
      expect(await store.as('operator').settleSetBack('erase-again')).toBe(1);
      expect((await store.listFaces(A, 'c')).faces.map(({ faceId }) => faceId)).toEqual([stays.faceId]);
      for (const faceId of [here.faceId, gone]) {
        await expect(store.addFace(A, 'c', { faceId, references: [newReference()] })).rejects.toMatchObject({
          code: 'face-erased',
        });
      }
      expect(await store.lineage.pending()).toBeNull();
      expect(await store.scrub()).toBe(false);
      expect((await entries()).map(([actor, { kind }]) => [actor, kind])).toEqual([
        ['device', 'set-back-noticed'],
        ['operator', 'erased'],
        ['operator', 'erased'],
        ['operator', 'set-back-settled'],
      ]);
    });

    it('lets a face stay that an operator accepted, also when its receipt comes again', async () => {
      const { faceId } = await place.enrol(A);
      const receipt = await laterReceipt([faceId]);
      await store.lineage.checkReceipts([receipt]);
      expect(await store.settleSetBack('accept')).toBe(0);
      await store.lineage.checkReceipts([receipt]);
      expect(await store.lineage.pending()).toBeNull();
      expect(await store.getFace(A, 'c', faceId)).toMatchObject({ faceId });
    });

    it('begins another life with a backup that an operator restored', async () => {
      await store.lineage.beginLife();
      await store.lineage.checkAnchor(await laterAnchor());
      expect(await store.lineage.pending()).toBeNull();
      expect(await store.settleSetBack('accept')).toBe(0);
      expect(await entries()).toEqual([]);
    });
  });

  describe('the granted frames of a store', () => {
    const place = storePerTest(fresh);

    it('grant one visit each, for all handles', async () => {
      const [frames, others] = [place.store.grantedFrames, (await place.another()).grantedFrames];
      expect(await frames.claim([frame(1), frame(2)])).toBe(true);
      expect(await others.claim([frame(3), frame(2)])).toBe(false);
      expect(await others.among([frame(3), frame(2), frame(1)])).toEqual([frame(2), frame(1)]);
      expect(await frames.claim([frame(3)])).toBe(true);
    });

    it('are claimed by one of many visits at once', async () => {
      const all = await Promise.all(
        Array.from({ length: 4 }, () => place.store.grantedFrames.claim([frame(1)])),
      );
      expect(all.filter(Boolean)).toHaveLength(1);
    });

    it('are kept up to a number, the newest', async () => {
      const { grantedFrames } = place.store;
      for (const byte of [1, 2, 3]) await grantedFrames.claim([frame(byte)], 2);
      expect(await grantedFrames.among([1, 2, 3].map(frame))).toEqual([frame(2), frame(3)]);
    });
  });
}

import { beforeEach, describe, expect, it } from 'vitest';
import { LOCAL_ACCOUNT, type SqlStore } from '#core/store';
import { temporaryStore } from '../store/testing/temporary-store.ts';
import { createAccessCodes } from './index.ts';

const ADA = `face_${'a'.repeat(32)}`;
const BEN = `face_${'b'.repeat(32)}`;

let store: SqlStore;

beforeEach(async () => {
  const place = await temporaryStore();
  ({ store } = place);
  await store.createCollection(LOCAL_ACCOUNT, 'c');
  const reference = {
    modelId: 'm',
    template: new Float32Array(512).fill(Math.sqrt(1 / 512)),
    quality: 1,
    source: 'file',
  } as const;
  for (const faceId of [ADA, BEN]) {
    await store.addFace(LOCAL_ACCOUNT, 'c', { faceId, references: [reference] });
  }
  return place.remove;
});

describe('an access code', () => {
  it('is eight digits that name one person, until another is given', async () => {
    const codes = createAccessCodes(store);
    const first = await codes.give('c', ADA);
    const bens = await codes.give('c', BEN);
    expect(first).toMatch(/^\d{8}$/);
    expect(await codes.personOf('c', first)).toMatchObject({ faceId: ADA });
    const second = await createAccessCodes(store).give('c', ADA);
    expect(await codes.personOf('c', first)).toBeNull();
    expect(await codes.personOf('c', second)).toMatchObject({ faceId: ADA });
    expect(await codes.personOf('c', bens)).toMatchObject({ faceId: BEN });
  });

  it('works, given at the same moment as the first one of a new store', async () => {
    const codes = createAccessCodes(store);
    const [adas, bens] = await Promise.all([codes.give('c', ADA), codes.give('c', BEN)]);
    expect(await codes.personOf('c', adas)).toMatchObject({ faceId: ADA });
    expect(await codes.personOf('c', bens)).toMatchObject({ faceId: BEN });
  });

  it('is not one of somebody who is expected, nor the other way round', async () => {
    const visitor = {
      name: 'Noor',
      host: null,
      hostEmail: null,
      from: '2026-01-01T08:00:00Z',
      until: '2026-01-01T18:00:00Z',
    };
    const [first, second] = [Uint8Array.of(1), Uint8Array.of(2)];
    expect(await store.visitors.add(visitor, first)).not.toBeNull();
    expect(await store.setAccessCode(LOCAL_ACCOUNT, 'c', ADA, first)).toBe(false);
    expect(await store.setAccessCode(LOCAL_ACCOUNT, 'c', ADA, second)).toBe(true);
    expect(await store.visitors.add(visitor, second)).toBeNull();
    expect(await store.faceByAccessCode(LOCAL_ACCOUNT, 'c', first)).toBeNull();
  });

  it.each(['', '1234567', '123456789', '１２３４５６７８', ' 12345678'])('is not %j', async (code) => {
    const codes = createAccessCodes(store);
    expect(await codes.personOf('c', code)).toBeNull();
    await codes.give('c', ADA);
    expect(await codes.personOf('c', code)).toBeNull();
  });

  it('is no person`s in another collection, and refused for a face that is not there', async () => {
    const codes = createAccessCodes(store);
    await store.createCollection(LOCAL_ACCOUNT, 'd');
    expect(await codes.personOf('d', await codes.give('c', ADA))).toBeNull();
    await expect(codes.give('d', ADA)).rejects.toMatchObject({ code: 'face-not-found' });
  });
});

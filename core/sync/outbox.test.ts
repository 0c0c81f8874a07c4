import { beforeEach, expect, it } from 'vitest';
import { LOCAL_ACCOUNT as ME, type SqlStore, type WriteTx } from '#core/store';
import { temporaryStore } from '../store/testing/temporary-store.ts';
import { newFaceId, newReference } from '../store/testing/made-up-faces.ts';
import { Replica } from './replica.ts';

let store: SqlStore;
let replica: Replica;
const options = { secret: new Uint8Array(32), images: 'none' } as const;

beforeEach(async () => {
  const place = await temporaryStore();
  ({ store } = place);
  replica = new Replica(store);
  await replica.join();
  return place.remove;
});

it.each([
  ['of a kind of another version', 'face-praised', '{"much":true}', { much: true }],
  ['whose body is another', 'metadata-set', '{"much":true}', { much: true }],
  ['that is no JSON', 'metadata-set', '{', null],
])('an operation %s is the server’s to refuse, and holds up none', async (_which, kind, text, body) => {
  await store.createCollection(ME, 'c');
  await store.parts.sql.write((tx) => tx.run('UPDATE outbox SET kind = ?, body = ?', [kind, text]));
  const faceId = newFaceId();
  await store.addFace(ME, 'c', { faceId, references: [newReference()] });
  const { operations } = await replica.batch(64, 1e6, options);
  expect(operations).toMatchObject([
    { number: 1, kind, body },
    { number: 2, kind: 'face-added', body: { face: { faceId } } },
  ]);
  const { replicaId } = await replica.joined();
  expect(await replica.realeyes.next(replicaId)).toMatchObject({ number: 1, kind: 'unreadable' });
});

it('an operation that waits for another server by now is not given', async () => {
  const { replicaId } = await replica.joined();
  await replica.join();
  await store.createCollection(ME, 'c');
  await expect(replica.realeyes.next(replicaId)).rejects.toMatchObject({ code: 'sync-not-joined' });
  await replica.leave();
  await expect(replica.realeyes.next(replicaId)).rejects.toMatchObject({ code: 'sync-not-joined' });
});

/** Never called: the compiler refuses each of these, or this file. */
export async function refused({ parts: { outbox } }: SqlStore, tx: WriteTx): Promise<void> {
  // @ts-expect-error a collection has a description
  await outbox.add(tx, ME, 'collection-created', { collectionId: 'c' }, { collectionId: 'c' });
  // @ts-expect-error what waits of a face is no record of it
  await outbox.add(tx, ME, 'face-added', { collectionId: 'c', faceId: 'f' }, { face: {} });
}

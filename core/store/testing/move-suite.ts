import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { verifyLog } from '#core/audit';
import { fileKekProvider } from '../keys/key-file.ts';
import { moveStore } from '../move.ts';
import { openStore } from '../open-store.ts';
import { openPostgresStore } from '../postgres/open-postgres-store.ts';
import type { Cluster } from '../postgres/testing/cluster.ts';
import type { SqlStore } from '../sql-store.ts';
import { MODEL, newFaceId, newReference } from './made-up-faces.ts';
import { A } from './store-per-test.ts';

const ACCOUNT = 'acct_moved';
const FACES = 30;
const BATCH = 8;

const frame = (n: number): Buffer => Buffer.alloc(32, n);

/** @returns how many removed references the store has noted by now */
async function learnAndUnlearn(store: SqlStore, faceId: string): Promise<number> {
  await store.addReferences(ACCOUNT, 'c', faceId, [{ ...newReference(), source: 'automatic' }]);
  await store.unlearn(ACCOUNT, 'c', faceId);
  return (await store.parts.sql.read((tx) => tx.all('SELECT uid FROM removed_references', []))).length;
}

/** Something of everything that a server keeps. */
async function fill(store: SqlStore): Promise<{ kept: string; gone: string }> {
  const apiKey = { keyId: 'key_1', hash: Buffer.alloc(32, 1), scopes: ['read' as const] };
  await store.accounts.add(ACCOUNT, 'ACME', apiKey);
  for (const account of [ACCOUNT, A]) await store.createCollection(account, 'c', 'Staff');
  const faces = [];
  for (let i = 0; i < FACES; i++) {
    const face = { faceId: newFaceId(), references: [newReference()], externalKey: `k${i}` };
    faces.push(i % 2 === 0 ? face : { ...face, metadata: { name: `Robin ${i}` } });
  }
  const image = Buffer.from('a picture');
  faces[7]!.references.push({ ...newReference(), image });
  for (const face of faces) await store.addFace(ACCOUNT, 'c', face);
  await store.deleteFace(ACCOUNT, 'c', faces[3]!.faceId);
  await store.deleteFace(ACCOUNT, 'c', faces[FACES - 1]!.faceId);
  await store.webhooks.add(ACCOUNT, { url: 'https://a.example', secret: 's', kinds: ['face.verified'] });
  await store.users.signIn(ACCOUNT, 'c', faces[7]!.faceId, {
    isSuccess: true,
    similarity: 0.9,
    address: '192.0.2.1',
    userAgent: 'agent',
    uid: null,
    events: [],
  });
  await store.replies.save(ACCOUNT, 'once', { fingerprint: Buffer.alloc(32), body: '{"a":1}' });
  await store.grantedFrames.claim([frame(1), frame(2)]);
  await learnAndUnlearn(store, faces[7]!.faceId);
  return { kept: faces[7]!.faceId, gone: faces[FACES - 1]!.faceId };
}

/** A whole store goes from a file into a database, and back. */
export function describeMove(clusterOf: () => Cluster): void {
  describe('takes a store in', () => {
    let folder: string;
    let file: SqlStore;
    const opened: SqlStore[] = [];
    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), 'lintel-move-'));
      file = await inFile('first');
    });
    afterAll(async () => {
      for (const store of opened) await store.close();
      await rm(folder, { recursive: true });
    });

    const kekProvider = () => fileKekProvider(join(folder, 'key'));
    const kept = (store: SqlStore): SqlStore => {
      opened.push(store);
      return store;
    };
    const inFile = async (name: string, isMoving = false) =>
      kept(await openStore({ dir: join(folder, name), kekProvider: kekProvider(), isMoving }));
    const inDatabase = async (isMoving = false, schema = 'moved') =>
      kept(
        await openPostgresStore({
          url: `${clusterOf().url}&schema=${schema}`,
          kekProvider: kekProvider(),
          isMoving,
        }),
      );

    it('that is whole, however often that was interrupted, and gives it back', async () => {
      const { kept: face, gone } = await fill(file);
      // Between the pieces in which many rows of a table go.
      for (const most of [50, 85]) {
        const moving = moveStore(
          { from: file, to: await inDatabase(true), embedded: file },
          (rows) => {
            if (rows > most) throw new Error('interrupted');
          },
          BATCH,
        );
        await expect(moving).rejects.toThrow('interrupted');
        await expect(inDatabase()).rejects.toMatchObject({ code: 'store-moving' });
      }
      const told: (readonly [number, number])[] = [];
      const target = await inDatabase(true);
      await moveStore({ from: file, to: target, embedded: file }, (rows, of) => told.push([rows, of]), BATCH);
      expect(told.at(-1)![0]).toBe(told.at(-1)![1]);

      const database = await inDatabase();
      const publicKey = await file.audit.publicKey();
      expect(await database.audit.publicKey()).toBe(publicKey);
      expect(await verifyLog(database.audit.lines(), { publicKey })).toMatchObject({ problem: null });
      const ids = await database.referenceIds(ACCOUNT, 'c', MODEL);
      expect(await database.references(ACCOUNT, MODEL, ids)).toEqual(
        await file.references(ACCOUNT, MODEL, ids),
      );
      expect(await database.faceIdsByExternalKey(ACCOUNT, 'c', 'k7')).toEqual([face]);
      const again = { faceId: gone, references: [newReference()] };
      await expect(database.addFace(ACCOUNT, 'c', again)).rejects.toMatchObject({ code: 'face-erased' });
      // No number is given twice: the newest face was deleted before.
      await database.addFace(ACCOUNT, 'c', { ...again, faceId: newFaceId() });
      const newest = (await database.referenceIds(ACCOUNT, 'c', MODEL)).at(-1)!;
      expect(newest).toBeGreaterThan(FACES + 1);
      // The file keeps no count of these ids.
      expect(await database.grantedFrames.claim([frame(3)])).toBe(true);
      expect(await learnAndUnlearn(database, face)).toBe(2);
      const refused = moveStore({ from: file, to: database, embedded: file }, () => {});
      await expect(refused).rejects.toMatchObject({ code: 'usage' });

      await moveStore(
        { from: database, to: await inFile('second', true), embedded: opened.at(-1)! },
        () => {},
      );
      const back = await inFile('second');
      expect(await back.stateHash()).toBe(await database.stateHash());
      expect(await back.referenceIds(ACCOUNT, 'c', MODEL)).toContain(newest);

      expect(await back.grantedFrames.claim([frame(4)])).toBe(true);
      expect(await learnAndUnlearn(back, face)).toBe(3);
      const anew = await inDatabase(true, 'moved_anew');
      await moveStore({ from: back, to: anew, embedded: back }, () => {});
      expect(await anew.grantedFrames.claim([frame(5)])).toBe(true);
      expect(await learnAndUnlearn(anew, face)).toBe(4);
    });
  });
}

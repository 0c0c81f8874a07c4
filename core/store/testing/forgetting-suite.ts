import { cp, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { verifyReceipt } from '#core/audit';
import type { EpochUpkeep } from '../engine.ts';
import { fileKekProvider } from '../keys/key-file.ts';
import type { SqlStore } from '../sql-store.ts';
import { MODEL, newFaceId, newReference } from './made-up-faces.ts';
import { A } from './store-per-test.ts';
import { openPostgresStore } from '../postgres/open-postgres-store.ts';
import { attack, type Target } from './attack.ts';
import type { Cluster } from '../postgres/testing/cluster.ts';
import { fillEarlier } from './earlier.ts';

const DAY_MS = 86_400_000;
const NOW = new Date('2026-06-01T12:00:00Z');
const later = (days: number): Date => new Date(NOW.getTime() + days * DAY_MS);

const marked = (what: string): string => `${what}-in-clear`;

const enrol = (store: SqlStore, externalKey: string | null = null) =>
  store.addFace(A, 'c', { faceId: newFaceId(), references: [newReference()], externalKey });

const keepUp = (store: SqlStore, now: Date, everyMs: number | null): Promise<EpochUpkeep> =>
  store.parts.engine.forgetting!.keepUp(now, everyMs);

/** How a database forgets, each test in a schema of its own. */
export function describeForgetting(clusterOf: () => Cluster): void {
  describe('forgets', () => {
    let folder: string;
    let cluster: Cluster;
    let schemas = 0;
    const opened: SqlStore[] = [];

    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), 'lintel-epochs-'));
      cluster = clusterOf();
    });
    afterAll(async () => {
      for (const store of opened.splice(0)) await store.close();
      await rm(folder, { recursive: true });
    });

    const provider = (name = 'key') => fileKekProvider(join(folder, name));
    const newSchema = (): string => `forgetting_${++schemas}`;
    const openAt = async (url: string, kekProvider = provider()): Promise<SqlStore> => {
      const store = await openPostgresStore({ url, kekProvider, connections: 4 });
      opened.push(store);
      return store;
    };
    const open = (schema: string) => openAt(`${cluster.url}&schema=${schema}`);
    const opensAs = async (schema: string): Promise<SqlStore> => {
      const store = await open(schema);
      await store.createCollection(A, 'c');
      return store;
    };
    const filesOf = async (): Promise<Buffer> => {
      await cluster.query('CHECKPOINT');
      return Buffer.concat(await Array.fromAsync(cluster.files()));
    };
    const bytesOf = async (sql: string): Promise<Buffer> =>
      Object.values((await cluster.query(sql)).rows[0]!)[0] as Buffer;

    it('a face once the last key is destroyed that could open it, which the receipt then says, and not before', async () => {
      const schema = newSchema();
      const store = await opensAs(schema);
      const { faceId } = await enrol(store, 'key-of-one');
      const other = await enrol(store, 'key-of-other');
      const sealedKey = () =>
        bytesOf(
          `SELECT key FROM ${schema}.face_keys JOIN ${schema}.faces ON id = face WHERE face_id = '${faceId}'`,
        );
      const template = await bytesOf(
        `SELECT template FROM ${schema}.templates JOIN ${schema}.face_references ON face_references.id = reference
         JOIN ${schema}.faces ON faces.id = face WHERE face_id = '${faceId}'`,
      );
      const sealedKeys = [await sealedKey()];
      await keepUp(store, NOW, null);
      sealedKeys.push(await sealedKey());
      const target: Target = { faceId, modelId: MODEL, template: template.subarray(1), sealedKeys };

      const pending = await store.erase(A, { faceId });
      expect(pending).toMatchObject({ receipt: 'lintel-erasure-2', keysDestroyedAt: null });
      await cluster.query(`VACUUM FULL ${schema}.face_keys`);
      await cluster.query(`VACUUM FULL ${schema}.templates`);
      // The log still holds the template and its key, and the epoch's key opens them.
      expect(await attack(await filesOf(), provider(), target)).toMatchObject({
        isTemplateThere: true,
        sealedKeys: 2,
        opens: true,
      });
      expect(await store.receipt(A, faceId)).toMatchObject({ keysDestroyedAt: null });

      // A day later another epoch begins, to which those who live are moved; the former ends a day after that.
      expect(await keepUp(store, later(1), DAY_MS)).toMatchObject({ begun: true, destroyed: [], inForce: 2 });
      expect(await store.receipt(A, faceId)).toMatchObject({ keysDestroyedAt: null });
      expect(await keepUp(store, later(2), DAY_MS)).toMatchObject({ destroyed: [2] });

      const after = await attack(await filesOf(), provider(), target);
      expect(after).toMatchObject({ isTemplateThere: true, sealedKeys: 2, opens: false });
      // The key of who lives is found: the search does find keys.
      expect(after.opened).toBeGreaterThan(0);
      const final = await store.receipt(A, faceId);
      expect(final).toMatchObject({ faces: [{ faceId }], keysDestroyedAt: later(2).toISOString() });
      const publicKey = await store.audit.publicKey();
      expect(verifyReceipt(JSON.stringify(final), publicKey)).toEqual(final);
      const forged = { ...pending, keysDestroyedAt: later(1).toISOString() };
      expect(() => verifyReceipt(JSON.stringify(forged), publicKey)).toThrow('receipt');
      // What was answered meanwhile may name the face: it is deleted now, and can be opened until the next end of an epoch.
      await store.replies.save(A, 'late', { fingerprint: Buffer.alloc(32), body: '{}' });
      expect(await store.receipt(A, faceId)).toMatchObject({ keysDestroyedAt: null });
      await keepUp(store, later(3), null);
      expect(await store.receipt(A, faceId)).toMatchObject({ keysDestroyedAt: later(3).toISOString() });
      expect(await store.referenceIds(A, 'c', MODEL)).toHaveLength(1);
      expect(await store.getFace(A, 'c', other.faceId)).toMatchObject({ externalKey: 'key-of-other' });
    });

    it('nothing into its files in clear that names or describes anybody', async () => {
      const store = await opensAs(newSchema());
      const { faceId } = await store.addFace(A, 'c', {
        faceId: newFaceId(),
        references: [{ ...newReference(), image: Buffer.from(marked('picture')) }],
        externalKey: marked('key'),
        metadata: { name: marked('name') },
        particulars: { document: JSON.stringify({ of: marked('document') }), live: null },
        beside: { email: marked('email') },
      });
      const apiKey = (keyId: string) => ({ keyId, hash: Buffer.from(marked('hash')), scopes: [] });
      await store.accounts.add(A, marked('account'), apiKey('one'));
      await store.accounts.register('b', { email: marked('mail'), name: marked('person') }, apiKey('two'));
      await store.webhooks.add(A, {
        url: `https://${marked('url')}`,
        secret: marked('secret'),
        kinds: ['face.verified'],
      });
      await store.users.signIn(A, 'c', faceId, {
        isSuccess: true,
        similarity: 1,
        address: marked('address'),
        userAgent: marked('agent'),
        uid: null,
        events: [{ kind: 'face.verified', data: { userId: marked('user') } as never }],
      });
      const body = JSON.stringify({ externalKey: marked('reply') });
      await store.replies.save(A, 'once', { fingerprint: Buffer.from(marked('print')), body });
      await store.setSecret('s', Buffer.from(marked('setting')));
      await store.createCollection(A, 'd', 'a-control-of-the-search');
      const all = await filesOf();
      expect(all.includes('a-control-of-the-search')).toBe(true);
      expect(all.includes('-in-clear')).toBe(false);
      expect(await store.users.get(A, 'c', marked('key'))).toMatchObject({ faceId, email: marked('email') });
      expect(await store.personalData(A, 'c', faceId)).toMatchObject({
        document: JSON.stringify({ of: marked('document') }),
        signIns: [{ address: marked('address'), userAgent: marked('agent') }],
      });
    });

    it('nothing that makes it slow: sealed texts are looked up by an index', async () => {
      const schema = newSchema();
      await opensAs(schema);
      const results: unknown = await cluster.query(
        `SET search_path = ${schema}; SET enable_seqscan = off;
         PREPARE by_key AS SELECT 1 FROM faces WHERE collection = 1 AND external_key = $1;
         PREPARE by_email AS SELECT 1 FROM profiles WHERE email = $1;
         EXPLAIN EXECUTE by_key ('\\x06'); EXPLAIN EXECUTE by_email ('\\x06')`,
      );
      const plan = JSON.stringify(results);
      expect(plan).toContain('faces_by_sealed_key');
      expect(plan).toContain('profiles_by_sealed_email');
    });

    it('whom two processes look after at once, while people are enrolled and change', async () => {
      const schema = newSchema();
      const store = await opensAs(schema);
      const other = await open(schema);
      for (let i = 0; i < 30; i++) await enrol(store, `k${i}`);
      const changes = Promise.all(
        Array.from({ length: 30 }, async (_, i) => {
          await enrol(i % 2 === 0 ? store : other, `n${i}`);
          const [faceId] = await store.faceIdsByExternalKey(A, 'c', `k${i}`);
          await other.setExternalKey(A, 'c', faceId!, `m${i}`, false);
        }),
      );
      await Promise.all([keepUp(store, NOW, null), keepUp(other, NOW, null)]);
      await changes;
      const { inForce } = await keepUp(other, NOW, null);
      expect(inForce).toBe(1);
      for (const handle of [store, other, await open(schema)]) {
        expect((await handle.listFaces(A, 'c')).total).toBe(60);
        const ids = await handle.referenceIds(A, 'c', MODEL);
        expect(await handle.references(A, MODEL, ids)).toHaveLength(60);
        expect(await handle.faceIdsByExternalKey(A, 'c', 'm7')).toHaveLength(1);
        expect(await handle.faceIdsByExternalKey(A, 'c', 'k7')).toEqual([]);
      }
      // Sealing anew is no change that replicas hear of.
      const feed = () => store.parts.sql.read((tx) => store.parts.changes.newest(tx, A));
      const before = await feed();
      expect((await keepUp(store, NOW, null)).resealed).toBeGreaterThan(100);
      expect(await feed()).toBe(before);
      expect(await readdir(provider().epochs!)).not.toHaveLength(0);
    });

    it('no epoch that somebody still reads', async () => {
      const schema = newSchema();
      const store = await opensAs(schema);
      const { faceId } = await enrol(store);
      const other = await open(schema);
      const { sql, faces, collections } = other.parts;
      const ending = Promise.withResolvers<void>();
      const begun = Promise.withResolvers<void>();
      const reading = sql.read(async (tx) => {
        const collection = await collections.id(tx, A, 'c');
        begun.resolve();
        await ending.promise;
        return await faces.get(tx, collection, faceId);
      });
      await begun.promise;
      expect(await keepUp(store, NOW, null)).toMatchObject({ destroyed: [], inForce: 2 });
      ending.resolve();
      expect(await reading).toMatchObject({ faceId });
      expect(await keepUp(store, NOW, null)).toMatchObject({ destroyed: [1, 2], inForce: 1 });
    });

    it('whom a backup has: it opens with the epochs of its time, and without them not at all', async () => {
      const schema = newSchema();
      const store = await opensAs(schema);
      const { faceId } = await enrol(store, 'backed-up');
      await cp(join(folder, 'key'), join(folder, 'other'));
      const url = cluster.restored(schema, 'restored');
      const without = openAt(await url, provider('other'));
      await expect(without).rejects.toMatchObject({ code: 'store-epoch-missing' });
      const restored = await openAt(await url);
      expect(await restored.faceIdsByExternalKey(A, 'c', 'backed-up')).toEqual([faceId]);
      expect(await restored.stateHash()).toBe(await store.stateHash());
      await keepUp(store, NOW, null);
      await expect(openAt(await url)).rejects.toMatchObject({ code: 'store-epoch-missing' });
    });

    it('nobody of a database of an earlier version, but gives no receipt for them', async () => {
      const schema = newSchema();
      const faceId = newFaceId();
      await fillEarlier(cluster, schema, provider(), faceId);
      const store = await open(schema);
      expect(await store.getFace(A, 'c', faceId)).toMatchObject({
        externalKey: 'early',
        metadata: { name: 'Ada' },
      });
      expect(await store.faceIdsByExternalKey(A, 'c', 'early')).toEqual([faceId]);
      expect(await store.references(A, MODEL, await store.referenceIds(A, 'c', MODEL))).toHaveLength(1);
      expect((await store.accounts.list()).map(({ name }) => name)).toEqual(['Early']);
      const metadata = await bytesOf(`SELECT metadata FROM ${schema}.faces`);
      expect(metadata.includes('Ada')).toBe(false);
      const { faceId: next } = await enrol(store, 'late');
      await expect(store.erase(A, { faceId })).rejects.toMatchObject({ code: 'erasure-without-receipt' });
      expect(await store.erase(A, { faceId: next })).toMatchObject({ keysDestroyedAt: null });
      await keepUp(store, NOW, null);
      await expect(store.receipt(A, faceId)).rejects.toMatchObject({ code: 'erasure-without-receipt' });
      expect(await store.receipt(A, next)).toMatchObject({ keysDestroyedAt: NOW.toISOString() });
    });
  });
}

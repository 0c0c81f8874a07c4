import { readdir, readFile } from 'node:fs/promises';
import Database from 'better-sqlite3-multiple-ciphers';
import { expect, it } from 'vitest';
import { latestVersion, migrate, schemaVersion } from './migrate.ts';
import { storeInFile } from '../store-in-file.ts';

const NOW = '2026-01-02T03:04:05.678Z';
const face = (digit: number): string => `face_${String(digit).repeat(32)}`;
const template = (x: number): Float32Array => Float32Array.of(Math.cos(x), Math.sin(x), 0);
const blob = (x: number): Buffer => Buffer.from(template(x).buffer);

/** A database as version 1 left it: two accounts, and in the first of them a model that was replaced by another. */
async function versionOne(): Promise<Database.Database> {
  const database = new Database(':memory:');
  database.pragma('foreign_keys = ON');
  const sql = new URL('./0001-collections-faces-references.sql', import.meta.url);
  database.exec(await readFile(sql, 'utf8'));
  database.pragma('user_version = 1');
  const collection = database.prepare(
    `INSERT INTO collections VALUES (?, ?, 'c', NULL, 7, '${NOW}', '${NOW}')`,
  );
  const person = database.prepare(
    `INSERT INTO faces VALUES (?, ?, ?, ?, '{"name":"Ada"}', '${NOW}', '${NOW}')`,
  );
  const reference = database.prepare(
    `INSERT INTO face_references VALUES (?, ?, ?, ?, ?, 0.75, 'camera', '${NOW}')`,
  );
  collection.run(1, 'a');
  collection.run(2, 'b');
  person.run(1, 1, face(1), 'k');
  person.run(2, 1, face(2), null);
  person.run(3, 2, face(3), null);
  reference.run(1, 1, 1, 'old', blob(1));
  reference.run(2, 2, 3, 'old', blob(2));
  reference.run(5, 1, 2, 'new', blob(5));
  reference.run(8, 1, 2, 'new', blob(8));
  reference.run(11, 2, 3, 'old', blob(11));
  database.exec('DELETE FROM face_references WHERE id = 11');
  return database;
}

const FILES = (await readdir(new URL('./', import.meta.url))).filter((name) => name.endsWith('.sql'));

const versions = FILES.map((name) => Number(name.slice(0, 4))).filter((version) => version < latestVersion());

it.each(versions)('carries everything over from version %i', async (version) => {
  const database = await versionOne();
  migrate(database, version);
  expect(schemaVersion(database)).toBe(version);
  migrate(database);
  expect(schemaVersion(database)).toBe(latestVersion());
  expect(database.pragma('foreign_key_check')).toEqual([]);
  expect(database.pragma('integrity_check', { simple: true })).toBe('ok');

  const store = storeInFile(database);
  expect(await store.servingModel('a')).toBe('new');
  expect(await store.servingModel('b')).toBe('old');
  expect(await store.referenceIds('a', 'c', 'new')).toEqual([5, 8]);
  const kept = async (model: string, x: number) => await store.protect(model, template(x));
  expect(await store.references('a', 'new', [1, 5, 8])).toMatchObject([
    { referenceId: 5, faceId: face(2), template: await kept('new', 5) },
    { referenceId: 8, faceId: face(2), template: await kept('new', 8) },
  ]);
  expect(await store.references('a', 'old', [1, 5, 8])).toMatchObject([
    { referenceId: 1, faceId: face(1), template: await kept('old', 1) },
  ]);
  expect(await store.references('b', 'old', [2])).toMatchObject([{ template: await kept('old', 2) }]);
  const { faces } = await store.listFaces('a', 'c');
  const common = { metadata: { name: 'Ada' }, automaticReferenceCount: 0, createdAt: NOW, updatedAt: NOW };
  expect(faces).toEqual([
    { ...common, faceId: face(1), externalKey: 'k', referenceCount: 1, reEnrol: true },
    { ...common, faceId: face(2), externalKey: null, referenceCount: 2, reEnrol: false },
  ]);
  expect(database.prepare('SELECT DISTINCT quality, source, created_at FROM face_references').all()).toEqual([
    { quality: 0.75, source: 'camera', created_at: NOW },
  ]);

  // Ids go on where version 1 stopped, also after its last reference is gone.
  await store.deleteFace('a', 'c', face(2));
  const references = [{ modelId: 'new', template: template(9), quality: 1, source: 'api' as const }];
  await store.addFace('a', 'c', { faceId: face(4), references });
  expect(await store.referenceIds('a', 'c', 'new')).toEqual([12]);
  await store.close();
});

it('names in each fault of a door the last grant before it', async () => {
  const database = new Database(':memory:');
  migrate(database, 28);
  const [ada, card, visitor] = [face(1), `card_${'1'.repeat(16)}`, `guest_${'1'.repeat(32)}`];
  const add = database.prepare(
    `INSERT INTO site_events (event_id, at, kind, outcome, face_id, body)
     VALUES (@eventId, '${NOW}', @kind, @outcome, @faceId, @body)`,
  );
  const event = (kind: string, outcome: string | null, who: object): void => {
    const common = { eventId: `evt_${database.prepare('SELECT 1 FROM site_events').all().length}` };
    const body = { kind, outcome, faceId: null, detail: null, ...common, ...who };
    add.run({ ...body, body: JSON.stringify(body) });
  };
  const fault = (who: object): void => event('door-fault', null, who);
  fault({ faceId: ada });
  event('decision', 'granted', { faceId: ada });
  event('decision', 'granted', { cardId: card });
  event('decision', 'granted', { visitorId: visitor });
  event('decision', 'denied', { faceId: ada });
  fault({ faceId: ada });
  fault({});
  fault({ cardId: card });
  fault({ visitorId: visitor });
  migrate(database);
  const bodies = database.prepare("SELECT body FROM site_events WHERE kind = 'door-fault'").pluck().all();
  const faults = bodies.map((body) => JSON.parse(String(body)) as Record<string, unknown>);
  expect(faults.map(({ grantId }) => grantId)).toEqual([undefined, 'evt_1', undefined, 'evt_2', 'evt_3']);
  expect(faults[1]).toMatchObject({ faceId: ada, detail: null, outcome: null });
  database.close();
});

it('thins anchors as reports do, which then find the newest by an index', () => {
  const thins = FILES.find((name) => name.endsWith('anchors-by-time.sql'))!;
  const database = new Database(':memory:');
  migrate(database, Number(thins.slice(0, 4)) - 1);
  const anchor = database.prepare("INSERT INTO anchors (device_id, n, hash, at) VALUES ('dev', ?, 'h', ?)");
  database.pragma('foreign_keys = OFF');
  for (let n = 1; n <= 1005; n++) anchor.run(n, `2026-01-01T${n < 3 ? 10 : n < 6 ? 11 : 12}:00:00.000Z`);
  migrate(database);
  const kept = database.prepare('SELECT n FROM anchors ORDER BY n').pluck().all();
  expect(kept).toEqual([1, 3, ...Array.from({ length: 1000 }, (_, i) => 6 + i)]);
  const plan = database
    .prepare('EXPLAIN QUERY PLAN SELECT n, at FROM anchors WHERE device_id = ? ORDER BY at DESC, n DESC')
    .all('dev') as { detail: string }[];
  expect(plan.map(({ detail }) => detail)).toEqual([
    'SEARCH anchors USING COVERING INDEX anchors_by_time (device_id=?)',
  ]);
  database.close();
});

it('numbers each migration once', () => {
  const numbers = FILES.map((name) => name.slice(0, 4)).toSorted();
  expect(numbers).toEqual(numbers.map((_number, i) => String(i + 1).padStart(4, '0')));
});

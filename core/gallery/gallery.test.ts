import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Face } from '#contract';
import { createCalibration, similarity } from '#core/matching';
import { fileKekProvider, openStore, type NewReference, type Store } from '#core/store';
import { madeUpTable } from '../matching/testing/made-up-table.ts';
import { randomTemplate, seeded } from '../matching/testing/random-templates.ts';
import { Gallery } from './gallery.ts';

const MODEL = 'model-1';
const DIMENSION = 512;
const calibration = createCalibration(
  madeUpTable([
    [1e-1, 0.15],
    [1e-5, 0.5],
  ]),
);
const NOBODY = { match: false, faceId: null, externalKey: null, metadata: {} };

const folder = await mkdtemp(join(tmpdir(), 'lintel-gallery-'));
afterAll(() => rm(folder, { recursive: true }));

const random = seeded(1);
const stores: Store[] = [];
let dir: string;
let store: Store;
let gallery: Gallery;

/** Another handle on the same folder, as another process would have it. */
async function anotherStore(): Promise<Store> {
  const opened = await openStore({ dir, kekProvider: fileKekProvider(join(dir, 'key')) });
  stores.push(opened);
  return opened;
}

const another = async (account?: string): Promise<Gallery> =>
  Gallery.open({
    store: await anotherStore(),
    modelId: MODEL,
    dimension: DIMENSION,
    calibration,
    ...(account && { account }),
  });

const person = (): Float32Array => randomTemplate(DIMENSION, random);

/** Another picture of the same person: similarity about 0.9. */
const picture = (of: Float32Array): Float32Array => randomTemplate(DIMENSION, random, of, 0.45);

const reference = (template: Float32Array, modelId = MODEL): NewReference => ({
  modelId,
  template,
  quality: 1,
  source: 'camera',
});

const enrol = (...templates: Float32Array[]): Promise<Face> =>
  gallery.enrol('c', { references: templates.map((template) => reference(template)) });

beforeEach(async () => {
  dir = await mkdtemp(join(folder, 'data-'));
  store = await anotherStore();
  gallery = await Gallery.open({ store, modelId: MODEL, dimension: DIMENSION, calibration });
  await gallery.createCollection('c');
});

afterEach(async () => {
  vi.restoreAllMocks();
  for (const opened of stores.splice(0)) await opened.close();
});

describe('collections', () => {
  it('live from creation to deletion', async () => {
    await gallery.createCollection('Visitors_2.a-b', 'Today');
    await gallery.ensureCollection('c');
    expect((await gallery.listCollections()).map((c) => c.collectionId)).toEqual(['Visitors_2.a-b', 'c']);
    expect(await gallery.updateCollection('c', 'Staff')).toMatchObject({ description: 'Staff' });
    expect(await gallery.getCollection('c')).toMatchObject({ description: 'Staff' });
    await enrol(person());
    await gallery.resetCollection('c');
    expect(await gallery.count('c')).toBe(0);
    expect(await gallery.deleteCollection('c')).toBe(true);
    expect(await gallery.deleteCollection('c')).toBe(false);
  });

  it.each(['', 'a b', 'ä', 'a/b', 'x'.repeat(513)])('refuse the id "%s"', async (id) => {
    const refused = { code: 'collection-id-invalid' };
    await expect(gallery.createCollection(id)).rejects.toMatchObject(refused);
    await expect(gallery.ensureCollection(id)).rejects.toMatchObject(refused);
    await expect(gallery.getCollection(id)).rejects.toMatchObject(refused);
    await expect(gallery.enrol(id, { references: [reference(person())] })).rejects.toMatchObject(refused);
    await expect(gallery.identify(id, person(), { threshold: 90 })).rejects.toMatchObject(refused);
  });
});

describe('faces', () => {
  it('have an unguessable id of their own', async () => {
    const [a, b] = [await enrol(person()), await enrol(person())];
    expect(a.faceId).toMatch(/^face_[0-9a-f]{32}$/);
    expect(a.faceId).not.toBe(b.faceId);
    expect((await gallery.listFaces('c')).faces).toEqual([a, b]);
    expect(await gallery.getFace('c', b.faceId)).toEqual(b);
  });

  it('are not stored with anything that could not be compared', async () => {
    const { faceId } = await enrol(person());
    const bad = [
      reference(person().map((value) => value * 2)),
      reference(new Float32Array(DIMENSION).fill(Number.NaN)),
      reference(person().subarray(1)),
      reference(person(), 'model-2'),
    ];
    for (const each of bad) {
      const references = [reference(person()), each];
      await expect(gallery.enrol('c', { references })).rejects.toThrow(RangeError);
      await expect(gallery.addReferences('c', faceId, references)).rejects.toThrow(RangeError);
    }
    await expect(gallery.enrol('c', { references: [] })).rejects.toThrow(RangeError);
    expect((await gallery.listFaces('c')).faces).toMatchObject([{ faceId, referenceCount: 1 }]);
  });

  it.each(['', 'a b', 'é', '\u007f', 'x'.repeat(513)])(
    'refuse the external key "%s"',
    async (externalKey) => {
      const { faceId } = await enrol(person());
      const refused = { code: 'external-key-invalid' };
      const newPerson = { references: [reference(person())], externalKey };
      await expect(gallery.enrol('c', newPerson)).rejects.toMatchObject(refused);
      await expect(gallery.setExternalKey('c', faceId, externalKey)).rejects.toMatchObject(refused);
      await expect(gallery.faceIdsByExternalKey('c', externalKey)).rejects.toMatchObject(refused);
    },
  );

  it('share an external key only when asked to', async () => {
    const [a, b] = [await enrol(person()), await enrol(person())];
    expect(await gallery.setExternalKey('c', a.faceId, 'k')).toBe('created');
    await expect(gallery.setExternalKey('c', b.faceId, 'k')).rejects.toMatchObject({
      code: 'external-key-in-use',
    });
    expect(await gallery.setExternalKey('c', b.faceId, 'k', { allowDuplicates: true })).toBe('created');
    expect(await gallery.faceIdsByExternalKey('c', 'k')).toEqual([a.faceId, b.faceId]);
  });

  it('are deleted by an external key, or lose it', async () => {
    const [ada, grace] = [person(), person()];
    const { faceId } = await gallery.enrol('c', { references: [reference(ada)], externalKey: 'k' });
    await gallery.enrol('c', { references: [reference(grace)], externalKey: 'l' });
    await gallery.removeExternalKey('c', 'l', faceId);
    expect(await gallery.faceIdsByExternalKey('c', 'l')).toHaveLength(1);
    await gallery.removeExternalKey('c', 'l', null);
    expect(await gallery.faceIdsByExternalKey('c', 'l')).toEqual([]);
    expect(await gallery.deleteFacesByExternalKey('c', 'k')).toBe(1);
    expect(await gallery.identify('c', ada, { threshold: 90 })).toMatchObject({ match: false, searched: 1 });
  });
});

describe('recognise', () => {
  const policy = { falsePositiveRate: 1e-3, margin: 0.08 };

  it('knows a person by name, a stranger not at all', async () => {
    const ada = person();
    const { faceId } = await gallery.enrol('c', {
      references: [reference(ada), reference(picture(ada))],
      metadata: { name: 'Ada' },
    });
    await enrol(person());
    expect(await gallery.recognise('c', picture(ada), policy)).toEqual({
      kind: 'known',
      person: { faceId, name: 'Ada' },
    });
    expect(await gallery.recognise('c', person(), policy)).toEqual({ kind: 'unknown' });
  });

  it('does not choose between two people who are about as like, however many references the first has', async () => {
    const twin = person();
    await gallery.enrol('c', { references: Array.from({ length: 10 }, () => reference(twin)) });
    await enrol(twin);
    expect(await gallery.recognise('c', picture(twin), policy)).toEqual({ kind: 'ambiguous' });
  });
});

describe('suspected duplicates', () => {
  it('are the faces that a new one resembles, most similar first', async () => {
    const ada = person();
    const [first, second] = [await enrol(ada), await enrol(picture(ada))];
    await gallery.setExternalKey('c', first.faceId, 'ada');
    await enrol(person());
    const found = await gallery.suspectedDuplicates('c', [reference(person()), reference(ada)]);
    expect(found).toMatchObject([
      { faceId: first.faceId, externalKey: 'ada', metadata: {} },
      { faceId: second.faceId, externalKey: null },
    ]);
    expect(found[0]!.confidence).toBeGreaterThan(found[1]!.confidence);
    expect(await gallery.suspectedDuplicates('c', [reference(person())])).toEqual([]);
    await gallery.createCollection('empty');
    expect(await gallery.suspectedDuplicates('empty', [reference(ada)])).toEqual([]);
  });
});

describe('similarityTo', () => {
  it('is that of the best pair', async () => {
    const [ada, probe] = [person(), person()];
    const { faceId } = await enrol(person(), ada);
    const found = await gallery.similarityTo('c', faceId, [reference(probe), reference(ada)]);
    expect(found).toBeCloseTo(1, 5);
    expect(await gallery.similarityTo('c', faceId, [reference(probe)])).toBeLessThan(0.3);
  });
});

it('tells how many references are in memory while it loads them', async () => {
  for (let i = 0; i < 130; i++) await gallery.enrol('c', { references: [reference(person())] });
  const sizes: number[] = [];
  await gallery.preload('c', (size) => sizes.push(size));
  expect(sizes).toEqual([128, 130]);
});

describe('identify', () => {
  it('names the person whose reference is most similar', async () => {
    const [ada, grace] = [person(), person()];
    await gallery.enrol('c', {
      references: [reference(picture(ada))],
      externalKey: 'ada',
      metadata: { name: 'Ada' },
    });
    // Of two references the better one counts.
    const { faceId } = await gallery.enrol('c', {
      references: [reference(person()), reference(picture(grace))],
    });
    expect(await gallery.identify('c', picture(ada), { threshold: 90 })).toMatchObject({
      match: true,
      externalKey: 'ada',
      metadata: { name: 'Ada' },
      searched: 3,
    });
    const found = await gallery.identify('c', picture(grace), { threshold: 90 });
    expect(found).toMatchObject({ match: true, faceId, externalKey: null });
    expect(found.similarity).toBeGreaterThan(0.7);
    expect(found.confidence).toBe(calibration.confidence(found.similarity));
  });

  it('names no face below the threshold, but says how close it was', async () => {
    const ada = person();
    await enrol(ada);
    const probe = randomTemplate(DIMENSION, random, ada, 2.5);
    const { similarity: value, confidence } = await gallery.identify('c', probe, { threshold: 0 });
    expect(value).toBeCloseTo(similarity(ada, probe), 5);
    expect(await gallery.identify('c', probe, { threshold: confidence })).toMatchObject({ match: true });
    expect(await gallery.identify('c', probe, { threshold: confidence + 0.01 })).toEqual({
      ...NOBODY,
      similarity: value,
      confidence,
      searched: 1,
    });
  });

  it('names no face in an empty collection', async () => {
    expect(await gallery.identify('c', person(), { threshold: 0 })).toEqual({
      ...NOBODY,
      similarity: 0,
      confidence: 0,
      searched: 0,
    });
  });

  it.each([-1, 100.1, Number.NaN])('refuses the threshold %f', async (threshold) => {
    await expect(gallery.identify('c', person(), { threshold })).rejects.toMatchObject({
      code: 'threshold-invalid',
    });
  });

  it('follows every change: more references, removal, reset, a collection deleted and created again', async () => {
    const [ada, grace] = [person(), person()];
    const matches = async (probe: Float32Array) =>
      (await gallery.identify('c', picture(probe), { threshold: 90 })).match;
    const { faceId } = await enrol(ada);
    expect([await matches(ada), await matches(grace)]).toEqual([true, false]);
    await gallery.addReferences('c', faceId, [reference(grace)]);
    expect([await matches(ada), await matches(grace)]).toEqual([true, true]);
    expect(await gallery.deleteFace('c', faceId)).toBe(true);
    expect(await gallery.deleteFace('c', faceId)).toBe(false);
    expect([await matches(ada), await matches(grace)]).toEqual([false, false]);
    await enrol(ada);
    expect(await matches(ada)).toBe(true);
    await gallery.resetCollection('c');
    expect(await matches(ada)).toBe(false);
    await enrol(grace);
    expect(await matches(grace)).toBe(true);
    await gallery.deleteCollection('c');
    await expect(matches(grace)).rejects.toMatchObject({ code: 'collection-not-found' });
    await gallery.createCollection('c');
    expect(await matches(grace)).toBe(false);
  });

  it('sees what another process does at once', async () => {
    const other = await another();
    const ada = person();
    const probe = picture(ada);
    expect(await gallery.identify('c', probe, { threshold: 90 })).toMatchObject({ match: false });
    const { faceId } = await other.enrol('c', { references: [reference(ada)] });
    expect(await gallery.identify('c', probe, { threshold: 90 })).toMatchObject({ match: true, faceId });
    await other.setExternalKey('c', faceId, 'ada');
    expect(await gallery.identify('c', probe, { threshold: 90 })).toMatchObject({ externalKey: 'ada' });
    await other.deleteFace('c', faceId);
    expect(await gallery.identify('c', probe, { threshold: 0 })).toMatchObject({ match: false, searched: 0 });
    await other.deleteCollection('c');
    await expect(gallery.identify('c', probe, { threshold: 90 })).rejects.toMatchObject({
      code: 'collection-not-found',
    });
  });

  it('names the next best when the best was removed while it was looked up', async () => {
    const [ada, otherStore] = [person(), await anotherStore()];
    const best = await enrol(ada);
    const next = await enrol(picture(ada));
    vi.spyOn(store, 'getFace').mockImplementationOnce(async (account, collectionId, faceId) => {
      await otherStore.deleteFace(account, collectionId, faceId);
      return await otherStore.getFace(account, collectionId, faceId);
    });
    const { faceId } = await gallery.identify('c', ada, { threshold: 90 });
    expect([best.faceId, faceId]).toEqual([best.faceId, next.faceId]);
  });

  it('finds the same faces after the templates were rotated by another secret', async () => {
    const ada = person();
    const { faceId } = await gallery.enrol('c', { references: [reference(ada)] });
    const before = await gallery.identify('c', ada, { threshold: 50 });
    await store.renewProtection();
    const after = await gallery.identify('c', ada, { threshold: 50 });
    expect(after).toMatchObject({ match: true, faceId });
    expect(Math.abs(after.similarity - before.similarity)).toBeLessThan(1e-5);
  });

  it('does not compare templates of another model', async () => {
    const ada = person();
    await store.addFace('local', 'c', {
      faceId: `face_${'0'.repeat(32)}`,
      references: [{ ...reference(person()), additional: [{ modelId: 'model-2', template: ada }] }],
    });
    expect(await gallery.identify('c', ada, { threshold: 50 })).toMatchObject({ match: false, searched: 1 });
  });

  it('sees nothing of another account', async () => {
    const ada = person();
    const { faceId } = await gallery.enrol('c', { references: [reference(ada)], externalKey: 'k' });
    const stranger = await another('somebody-else');
    await expect(stranger.identify('c', ada, { threshold: 0 })).rejects.toMatchObject({
      code: 'collection-not-found',
    });
    await stranger.createCollection('c');
    expect(await stranger.identify('c', ada, { threshold: 0 })).toMatchObject({ match: false, searched: 0 });
    expect(await stranger.listFaces('c')).toEqual({ faces: [], total: 0 });
    expect(await stranger.faceIdsByExternalKey('c', 'k')).toEqual([]);
    expect(await stranger.deleteFace('c', faceId)).toBe(false);
    await stranger.deleteCollection('c');
    expect(await gallery.identify('c', ada, { threshold: 90 })).toMatchObject({ match: true, faceId });
  });

  it('loads a large collection in parts, asked for by many at the same time', async () => {
    const people = Array.from({ length: 30 }, () => person());
    const ids: string[] = [];
    for (const each of people) {
      const references = Array.from({ length: 10 }, () => reference(picture(each)));
      ids.push((await gallery.enrol('c', { references })).faceId);
    }
    const fresh = await another();
    const found = await Promise.all(
      people.map((each) => fresh.identify('c', picture(each), { threshold: 90 })),
    );
    expect(found.map((each) => each.faceId)).toEqual(ids);
    expect(found[0]!.searched).toBe(300);
  });
});

it('says how alike a template and a face are', async () => {
  const ada = person();
  const { faceId } = await enrol(ada);
  const probe = picture(ada);
  const result = await gallery.compare('c', faceId, probe);
  expect(result.similarity).toBeCloseTo(similarity(ada, probe), 6);
  expect(result.confidence).toBe(calibration.confidence(result.similarity));
  await expect(gallery.compare('c', faceId, probe.subarray(1))).rejects.toThrow(RangeError);
});

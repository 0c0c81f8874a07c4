import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { createCalibration } from '#core/matching';
import { createRecognizer, type Recognizer } from '#core/recognition';
import { fileKekProvider, LOCAL_ACCOUNT as ME, openStore, type NewReference, type Store } from '#core/store';
import { portrait } from '../../scripts/samples/clip.ts';
import { sampleFace } from '../../scripts/samples/samples.ts';
import { SECOND_MODEL, secondModel } from '../../test/support/second-model.ts';
import { madeUpTable } from '../matching/testing/made-up-table.ts';
import { Gallery } from './gallery.ts';
import { embedPending, type EmbeddingProgress } from './embed-pending.ts';
import { reEmbed } from './re-embedding.ts';

const calibration = createCalibration(
  madeUpTable([
    [1e-1, 0.15],
    [1e-5, 0.5],
  ]),
);
const photos = new Map<string, Buffer>();
let first: Recognizer;
let second: Recognizer;
let dir: string;
let store: Store;
let gallery: Gallery;

beforeAll(async () => {
  const weightsDir = fileURLToPath(new URL('../../models/weights', import.meta.url));
  first = await createRecognizer({ weightsDir, workers: 1 });
  second = secondModel(first);
  for (const name of ['Robin', 'Kim', 'Sasha']) photos.set(name, await portrait(sampleFace(name)));
});
afterAll(() => first.close());

const galleryOf = ({ modelId, dimension }: Recognizer): Promise<Gallery> =>
  Gallery.open({ store, modelId, dimension, calibration });

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'lintel-re-embedding-'));
  store = await openStore({ dir, kekProvider: fileKekProvider(join(dir, 'key')) });
  gallery = await galleryOf(first);
  await gallery.createCollection('c');
});
afterEach(async () => {
  await store.close();
  await rm(dir, { recursive: true });
});

const templateOf = async (name: string, by = first): Promise<Float32Array> =>
  (await by.analyse(photos.get(name)!)).face!.template;

async function reference(name: string, image?: Uint8Array): Promise<NewReference> {
  const template = await templateOf(name);
  return { modelId: first.modelId, template, quality: 1, source: 'file', ...(image && { image }) };
}

const enrol = async (name: string, image?: Uint8Array): Promise<string> =>
  (await gallery.enrol('c', { references: [await reference(name, image)] })).faceId;

const withImage = (name: string): Promise<string> => enrol(name, photos.get(name));

async function whoIs(name: string, by: Recognizer): Promise<string | null> {
  const asked = by === first ? gallery : await galleryOf(by);
  return (await asked.identify('c', await templateOf(name, by), { threshold: 90 })).faceId;
}

describe('pictures without a template', () => {
  it('are counted only for a caller that wants to know', async () => {
    await withImage('Robin');
    const counting = vi.spyOn(store, 'modelCoverage');
    expect(await embedPending({ store, recognizer: second })).toBe(true);
    expect(counting).not.toHaveBeenCalled();
    const { embedded, pending } = await store.modelCoverage(ME, second.modelId);
    expect([embedded, pending]).toEqual([1, 0]);
  });
});

describe('a change of model', () => {
  it('lets the old templates serve until every image was seen, then the new ones', async () => {
    const [robin, kim] = [await withImage('Robin'), await withImage('Kim')];
    const seen: EmbeddingProgress[] = [];
    const servedMeanwhile: Promise<string | null>[] = [];
    const onProgress = (progress: EmbeddingProgress): void => {
      seen.push(progress);
      if (progress.done < progress.total) servedMeanwhile.push(whoIs('Kim', first));
    };
    expect(await reEmbed({ store, recognizer: second, onProgress })).toBe(true);
    expect(seen.at(0)).toEqual({ done: 0, total: 2 });
    expect(seen.at(-1)).toEqual({ done: 2, total: 2 });
    expect(await Promise.all(servedMeanwhile)).toEqual([kim, kim]);

    expect([await whoIs('Robin', second), await whoIs('Kim', second)]).toEqual([robin, kim]);
    await expect(whoIs('Kim', first)).rejects.toMatchObject({ code: 'model-switched' });
    await expect(withImage('Sasha')).rejects.toMatchObject({ code: 'model-switched' });
    // And back.
    expect(await reEmbed({ store, recognizer: first })).toBe(true);
    expect(await whoIs('Robin', first)).toBe(robin);
  });

  it('makes no template of a kept picture that is spoiled', async () => {
    const turned = await sharp(photos.get('Robin')).rotate(90).jpeg().toBuffer();
    const [robin, kim] = [await enrol('Robin', turned), await withImage('Kim')];
    await reEmbed({ store, recognizer: second });
    const { faces } = await gallery.listFaces('c');
    expect(faces.map(({ faceId, reEnrol }) => [faceId, reEnrol])).toEqual([
      [robin, true],
      [kim, false],
    ]);
  });

  it('names the faces that have to be enrolled again, and takes their new reference', async () => {
    const [robin, kim] = [await withImage('Robin'), await enrol('Kim')];
    await reEmbed({ store, recognizer: second });
    const { faces } = await gallery.listFaces('c');
    expect(faces.map(({ faceId, reEnrol }) => [faceId, reEnrol])).toEqual([
      [robin, false],
      [kim, true],
    ]);
    expect(await whoIs('Kim', second)).toBeNull();
    const fresh = {
      ...(await reference('Kim')),
      modelId: SECOND_MODEL,
      template: await templateOf('Kim', second),
    };
    const { reEnrol, referenceCount } = await (await galleryOf(second)).addReferences('c', kim, [fresh]);
    expect({ reEnrol, referenceCount }).toEqual({ reEnrol: false, referenceCount: 1 });
    expect(await whoIs('Kim', second)).toBe(kim);
  });

  it('goes on where it was left, and takes along who came and leaves out who went meanwhile', async () => {
    await withImage('Robin');
    const kim = await withImage('Kim');
    const stop = new AbortController();
    const onProgress = ({ done }: EmbeddingProgress): void => void (done === 1 && stop.abort());
    expect(await reEmbed({ store, recognizer: second, onProgress, signal: stop.signal })).toBe(false);
    expect(await store.servingModel(ME)).toBe(first.modelId);

    let sasha = '';
    const looked: Uint8Array[] = [];
    const recognizer = {
      modelId: SECOND_MODEL,
      analyse: async (image: Uint8Array) => {
        looked.push(image);
        if (looked.length === 1) {
          await store.deleteFace(ME, 'c', kim);
          sasha = await withImage('Sasha');
        }
        return await second.analyse(image);
      },
    };
    expect(await reEmbed({ store, recognizer })).toBe(true);
    expect(looked.map((image) => Buffer.from(image))).toEqual([photos.get('Kim'), photos.get('Sasha')]);
    expect(await store.referenceIds(ME, 'c', SECOND_MODEL)).toHaveLength(2);
    expect(await whoIs('Sasha', second)).toBe(sasha);
  });

  it('does not wait for images in which the new model finds nothing', async () => {
    const blank = await sharp({ create: { width: 64, height: 64, channels: 3, background: '#888' } })
      .jpeg()
      .toBuffer();
    const kim = await enrol('Kim', blank);
    const robin = await enrol('Robin', Buffer.from('no image'));
    expect(await reEmbed({ store, recognizer: second })).toBe(true);
    const { faces } = await gallery.listFaces('c');
    expect(faces).toMatchObject([
      { faceId: kim, reEnrol: true },
      { faceId: robin, reEnrol: true },
    ]);
  });

  it('ends with a fault of the networks, and loses nothing', async () => {
    const robin = await withImage('Robin');
    const broken = { modelId: SECOND_MODEL, analyse: () => Promise.reject(new Error('out of memory')) };
    await expect(reEmbed({ store, recognizer: broken })).rejects.toThrow('out of memory');
    expect(await whoIs('Robin', first)).toBe(robin);
    expect(await store.pendingReferences(ME, SECOND_MODEL, 9)).toHaveLength(1);
  });

  it('comes out the same when two processes do it at once', async () => {
    const people = [await withImage('Robin'), await withImage('Kim'), await withImage('Sasha')];
    const other = await openStore({ dir, kekProvider: fileKekProvider(join(dir, 'key')) });
    const results = await Promise.all(
      [store, other].map((each) => reEmbed({ store: each, recognizer: second })),
    );
    await other.close();
    expect(results).toEqual([true, true]);
    expect(await store.referenceIds(ME, 'c', SECOND_MODEL)).toHaveLength(people.length);
    expect([await whoIs('Robin', second), await whoIs('Kim', second), await whoIs('Sasha', second)]).toEqual(
      people,
    );
  });

  it('shows a gallery that was asked too early also what older references got last', async () => {
    const robin = await withImage('Robin');
    await withImage('Kim');
    const [older, newer] = await store.referenceIds('local', 'c', first.modelId);
    const early = await galleryOf(second);
    const probe = await templateOf('Robin', second);
    await store.addTemplates('local', second.modelId, new Map([[newer!, await templateOf('Kim', second)]]));
    await expect(early.identify('c', probe, { threshold: 90 })).rejects.toMatchObject({
      code: 'model-switched',
    });
    await store.addTemplates('local', second.modelId, new Map([[older!, probe]]));
    expect(await store.switchModel('local', second.modelId)).toBe(true);
    expect(await early.identify('c', probe, { threshold: 90 })).toMatchObject({ faceId: robin, searched: 2 });
  });
});

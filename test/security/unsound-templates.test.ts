import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { AuditRecord, LintelError, TEMPLATE_LENGTHS, type ErrorCode } from '#contract';
import { Gallery } from '#core/gallery';
import { createCalibration } from '#core/matching';
import type { Recognizer } from '#core/recognition';
import {
  fileKekProvider,
  LOCAL_ACCOUNT,
  openStore,
  type NewReference,
  type Store,
  UnsyncedError,
} from '#core/store';
import { madeUpTable } from '../../core/matching/testing/made-up-table.ts';
import { openDatabase } from '../../core/store/file/database.ts';
import { newFaceId, newTemplate } from '../../core/store/testing/made-up-faces.ts';
import { withDataKey } from '../../core/store/file/place.ts';
import { sealTemplate } from '../../core/store/keys/sealed-face.ts';
import { WEIGHTS_DIR } from '../../core/recognition/testing/images.ts';
import { openAppliance } from '../../main/appliance/index.ts';
import { examine } from '../../main/doctor/index.ts';

const MODEL = 'fr_feature-87aacdfe5751';
const DIMENSION = TEMPLATE_LENGTHS[MODEL]!;
const calibration = createCalibration(
  madeUpTable([
    [1e-3, 0.3],
    [1e-6, 0.6],
  ]),
);

const NETWORKS = { weightsDir: WEIGHTS_DIR, set: 'default' } as const;

let dir: string;
let store: Store;
const place = () => ({ dir, kekProvider: fileKekProvider(join(dir, 'key')) });

const reference = (template = newTemplate(DIMENSION), modelId = MODEL): NewReference => ({
  modelId,
  template,
  quality: 1,
  source: 'camera',
});

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'lintel-unsound-'));
  store = await openStore(place());
});
afterEach(async () => {
  await store.close();
  await rm(dir, { recursive: true });
});

/** As an earlier version let one in: a face whose row of templates holds what is none. */
async function plant(faceId: string, template: Float32Array): Promise<void> {
  await withDataKey(dir, place().kekProvider, async (path, dataKey) => {
    const database = openDatabase(path, dataKey);
    const row = database
      .prepare(
        `SELECT face_references.id, face_keys.key FROM faces
         JOIN face_keys ON face_keys.face = faces.id JOIN face_references ON face_references.face = faces.id
         WHERE face_id = ?`,
      )
      .get(faceId) as { id: number; key: Buffer };
    const sealed = sealTemplate(row.key, faceId, MODEL, template);
    database.prepare('UPDATE templates SET template = ? WHERE reference = ?').run(sealed, row.id);
    database.close();
  });
}

const openGallery = (): Promise<Gallery> =>
  Gallery.open({ store, modelId: MODEL, dimension: DIMENSION, calibration });

const entries = (kind: string): Promise<AuditRecord['entry'][]> =>
  Array.fromAsync(store.audit.lines(), (line) => AuditRecord.parse(JSON.parse(line)).entry).then((all) =>
    all.filter((entry) => entry.kind === kind),
  );

const UNSOUND: [string, Float32Array][] = [
  ['too short', newTemplate(8)],
  ['too long', newTemplate(1024)],
  ['not finite', newTemplate(DIMENSION).fill(Number.NaN, 0, 1)],
  ['infinite', newTemplate(DIMENSION).fill(Infinity, 0, 1)],
  ['not of unit length', newTemplate(DIMENSION).map((value) => 2 * value)],
  ['nothing but zeros', new Float32Array(DIMENSION)],
];

describe('what is no template', () => {
  it.each(UNSOUND)('is not taken in: %s', async (_, template) => {
    await store.createCollection(LOCAL_ACCOUNT, 'c');
    const face = { faceId: newFaceId(), references: [reference(template)] };
    const refused = { code: 'template-invalid' };
    await expect(store.addFace(LOCAL_ACCOUNT, 'c', face)).rejects.toMatchObject(refused);
    const { faceId } = await store.addFace(LOCAL_ACCOUNT, 'c', {
      faceId: newFaceId(),
      references: [reference()],
    });
    const added = store.addReferences(LOCAL_ACCOUNT, 'c', faceId, [reference(template)]);
    await expect(added).rejects.toMatchObject(refused);
    const [referenceId] = await store.referenceIds(LOCAL_ACCOUNT, 'c', MODEL);
    const late = store.addTemplates(
      LOCAL_ACCOUNT,
      'dlib_resnet-07989c5d5df0',
      new Map([[referenceId!, template]]),
    );
    await expect(late).rejects.toMatchObject(refused);
  });

  it('includes one shorter or longer than the first template of an unknown model', async () => {
    await store.createCollection(LOCAL_ACCOUNT, 'c');
    const enrol = (length: number) =>
      store.addFace(LOCAL_ACCOUNT, 'c', {
        faceId: newFaceId(),
        references: [reference(newTemplate(length), 'own')],
      });
    await enrol(64);
    await expect(enrol(32)).rejects.toMatchObject({ code: 'template-invalid' });
    // A process that has the model knows the true length.
    await store.soundness.hold(LOCAL_ACCOUNT, 'own', 32);
    await enrol(32);
    expect((await store.soundness.inspect()).unsound).toHaveLength(1);
  });

  it('is held of so many models only', async () => {
    await store.createCollection(LOCAL_ACCOUNT, 'c');
    const { faceId } = await store.addFace(LOCAL_ACCOUNT, 'c', {
      faceId: newFaceId(),
      references: [reference()],
    });
    const [referenceId] = await store.referenceIds(LOCAL_ACCOUNT, 'c', MODEL);
    const add = (i: number) =>
      store.addTemplates(LOCAL_ACCOUNT, `m${i}`, new Map([[referenceId!, newTemplate(8)]]));
    for (let i = 0; i < 8; i++) await add(i);
    await expect(add(8)).rejects.toMatchObject({ code: 'template-invalid' });
    expect(await store.faceReferences(LOCAL_ACCOUNT, 'c', faceId, MODEL)).toHaveLength(1);
  });
});

describe.each(UNSOUND)('a store that holds what is no template: %s', (_, unsound) => {
  let known: Float32Array;
  let healthy: string;
  let ill: string;

  beforeEach(async () => {
    const gallery = await openGallery();
    await gallery.createCollection('c');
    known = newTemplate(DIMENSION);
    ({ faceId: healthy } = await gallery.enrol('c', { references: [reference(known)] }));
    ({ faceId: ill } = await gallery.enrol('c', { references: [reference()] }));
    await plant(ill, unsound);
  });

  it('recognises everybody else, and names in the audit log the faces that it skips', async () => {
    const gallery = await openGallery();
    await gallery.preload('c');
    expect(await gallery.identify('c', known, { threshold: 90 })).toMatchObject({ faceId: healthy });
    expect(await gallery.duplicatesOf('c', ill)).toEqual([]);
    await gallery.enrol('c', { references: [reference()] });
    expect(await gallery.identify('c', known, { threshold: 90 })).toMatchObject({ searched: 2 });
    expect(await entries('templates-skipped')).toMatchObject([{ templates: 1, faces: [ill] }]);
  });

  it('is found by doctor, and mended by doctor --repair', async () => {
    const { dir, kekProvider } = place();
    const what = 'Every template is one that its network can have made';
    const step = async (repair: boolean) =>
      (await examine(dir, kekProvider, NETWORKS, { repair })).find((finding) => finding.what === what);
    expect(await step(false)).toMatchObject({ ok: false, detail: expect.stringContaining(ill) });
    expect(await step(false)).toMatchObject({ advice: expect.stringContaining('doctor --repair') });
    expect(await step(true)).toMatchObject({ ok: true, detail: expect.stringContaining('1 that were none') });
    expect(await step(false)).toMatchObject({ ok: true, detail: '1 templates' });
    expect(await entries('template-removed')).toMatchObject([{ faceId: ill, modelId: MODEL }]);
    const { faces } = await store.listFaces(LOCAL_ACCOUNT, 'c');
    expect(faces.map(({ faceId, reEnrol }) => [faceId, reEnrol])).toEqual([
      [healthy, false],
      [ill, true],
    ]);
  });
});

it.each<ErrorCode>(['store-full', 'store-read-only', 'disk-failing', 'store-busy'])(
  'people are recognised while what is no template cannot be noted: %s',
  async (refusal) => {
    const gallery = await openGallery();
    await gallery.createCollection('c');
    const known = newTemplate(DIMENSION);
    const { faceId } = await gallery.enrol('c', { references: [reference(known)] });
    await plant((await gallery.enrol('c', { references: [reference()] })).faceId, newTemplate(8));
    const device = store.as('device');
    const append = vi.spyOn(device.audit, 'append').mockRejectedValue(new LintelError(refusal));
    vi.spyOn(store, 'as').mockReturnValue(device);
    expect(await (await openGallery()).identify('c', known, { threshold: 90 })).toMatchObject({ faceId });
    expect(append).toHaveBeenCalledWith(expect.objectContaining({ kind: 'templates-skipped' }));
  },
);

it('what is no template is noted once, also where the disk has not confirmed the note', async () => {
  const gallery = await openGallery();
  await gallery.createCollection('c');
  const known = newTemplate(DIMENSION);
  await gallery.enrol('c', { references: [reference(known)] });
  await plant((await gallery.enrol('c', { references: [reference()] })).faceId, newTemplate(8));
  const { faceId: removed } = await gallery.enrol('c', { references: [reference()] });
  await gallery.enrol('c', { references: [reference()] });
  const device = store.as('device');
  const { audit } = device;
  const append = audit.append.bind(audit);
  vi.spyOn(audit, 'append').mockImplementation(async (entry) => {
    throw new UnsyncedError(new LintelError('disk-failing'), await append(entry));
  });
  vi.spyOn(store, 'as').mockReturnValue(device);
  const reopened = await openGallery();
  await reopened.identify('c', known, { threshold: 90 });
  // What is held is compared with the store then.
  await reopened.deleteFace('c', removed);
  await reopened.identify('c', known, { threshold: 90 });
  expect(await entries('templates-skipped')).toHaveLength(1);
});

it('an appliance whose collection holds what is no template starts', async () => {
  const gallery = await openGallery();
  await gallery.createCollection('default');
  const { faceId } = await gallery.enrol('default', { references: [reference()] });
  await plant(faceId, newTemplate(8));
  const recognizer = { modelId: MODEL, dimension: DIMENSION } as Recognizer;
  const appliance = await openAppliance({
    dataDir: dir,
    kekProvider: place().kekProvider,
    modelsDir: dir,
    openModel: async () => ({ recognizer, calibration, close: async () => undefined }),
    version: 'test',
  });
  await appliance.close();
  expect(await entries('templates-skipped')).toMatchObject([{ collectionId: 'default' }]);
});

import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ENROLMENT_RULES, referencesFrom } from '#core/enrolment';
import { Gallery } from '#core/gallery';
import { loadCalibration, type Calibration } from '#core/matching';
import { createRecognizer, type Recognizer } from '#core/recognition';
import { fileKekProvider, LOCAL_ACCOUNT as ME, openStore, type Store } from '#core/store';
import { seeded } from '../../core/matching/seeded.ts';
import { portrait } from '../../scripts/samples/clip.ts';
import { samples } from '../../scripts/samples/samples.ts';
import { SECOND_MODEL } from '../support/second-model.ts';

const MODELS = fileURLToPath(new URL('../../models', import.meta.url));
const WEIGHTS = join(MODELS, 'weights');
const CHILD = fileURLToPath(new URL('./re-embedding-child.ts', import.meta.url));
const REFERENCES_PER_FACE = 10;
const REFERENCES = samples.faces.length * REFERENCES_PER_FACE;
const KILLS = 10;

const random = seeded(42);
let folder: string;
let recognizer: Recognizer;
let calibration: Calibration;

const open = (): Promise<Store> =>
  openStore({ dir: folder, kekProvider: fileKekProvider(join(folder, 'key')) });

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lintel-crash-'));
  recognizer = await createRecognizer({ weightsDir: WEIGHTS, workers: 2 });
  calibration = await loadCalibration(MODELS, recognizer.modelId);
});
afterAll(async () => {
  await recognizer.close();
  await rm(folder, { recursive: true });
});

/** One face for each sample photograph, from pictures of which no two are the same. @returns names by face id */
async function enrolEverybody(store: Store): Promise<Map<string, string>> {
  const gallery = await galleryOf(store, recognizer.modelId);
  await gallery.createCollection('c');
  const names = new Map<string, string>();
  for (const face of samples.faces) {
    const photo = await portrait(face);
    const pictures = Array.from({ length: REFERENCES_PER_FACE }, (_, i) =>
      sharp(photo)
        .rotate(i - 5, { background: '#777' })
        .jpeg()
        .toBuffer(),
    );
    const { references } = await referencesFrom(
      { recognizer, calibration, setModel: recognizer, keepImages: 'always' },
      await Promise.all(pictures),
      // Ten pictures of one photograph are nearly alike.
      { ...ENROLMENT_RULES.screen.file, copies: 'taken' },
    );
    const { faceId } = await gallery.enrol('c', { references });
    names.set(faceId, face.person);
  }
  return names;
}

const galleryOf = (store: Store, modelId: string): Promise<Gallery> =>
  Gallery.open({ store, modelId, dimension: recognizer.dimension, calibration });

/** All templates of a model, by reference. */
async function templatesOf(store: Store, modelId: string): Promise<Map<number, Float32Array>> {
  const found = await store.references(ME, modelId, await store.referenceIds(ME, 'c', modelId));
  return new Map(found.map(({ referenceId, template }) => [referenceId, template]));
}

/** Runs the change of model. @param killAt how many images of this run are seen before the kill; none: to its end */
async function run(killAt: number | null): Promise<{ looked: string[]; switched: boolean }> {
  const child = spawn(process.execPath, [CHILD, folder, join(folder, 'key'), WEIGHTS], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = new Promise<void>((resolve) => void child.once('close', () => resolve()));
  const looked: string[] = [];
  let [seen, switched] = [-1, false];
  for await (const line of createInterface(child.stdout)) {
    const [word, value = ''] = line.split(' ');
    if (word === 'looking') looked.push(value);
    if (word === 'switched') switched = true;
    if (word !== 'seen') continue;
    seen += 1;
    // Anywhere in the work on the next image: reading, computing, committing, or the switch.
    if (seen === killAt) void sleep(random() * 60).then(() => child.kill('SIGKILL'));
  }
  await ended;
  return { looked, switched };
}

it(`survives kill -9 at ${KILLS} random moments: nothing is lost, nothing is done twice`, async () => {
  const store = await open();
  const names = await enrolEverybody(store);
  const old = await templatesOf(store, recognizer.modelId);
  expect(old.size).toBe(REFERENCES);
  const digests = new Map<number, string>();
  for (const id of old.keys()) {
    const image = await store.referenceImage(ME, id);
    digests.set(id, createHash('sha256').update(image!).digest('hex'));
  }
  expect(new Set(digests.values()).size).toBe(REFERENCES);
  const probes = await Promise.all(
    samples.faces.map(async (face) => {
      const photo = await sharp(await portrait(face))
        .modulate({ brightness: 1.1 })
        .toBuffer();
      return { name: face.person, template: (await recognizer.analyse(photo)).face!.template };
    }),
  );

  /** Everybody is recognised by the model that serves, as after a restart. */
  async function expectEverybodyKnown(): Promise<void> {
    const fresh = await open();
    const serving = (await fresh.servingModel(ME))!;
    const gallery = await galleryOf(fresh, serving);
    for (const { name, template } of probes) {
      const probe = serving === SECOND_MODEL ? template.toReversed() : template;
      const { match, faceId } = await gallery.identify('c', probe, { threshold: 90 });
      expect({ match, name: names.get(faceId ?? '') }).toEqual({ match: true, name });
    }
    await fresh.close();
  }

  for (let kill = 1; kill <= KILLS; kill++) {
    const done = await templatesOf(store, SECOND_MODEL);
    const left = REFERENCES - done.size;
    // So that ten kills span the whole change; the last one strikes at its end.
    const killAt = kill === KILLS ? left : Math.round((random() * 2 * left) / (KILLS - kill + 1));
    const { looked } = await run(Math.min(left, killAt));

    const doneBefore = new Set([...done.keys()].map((id) => digests.get(id)));
    expect(looked.filter((digest) => doneBefore.has(digest))).toEqual([]);
    expect(new Set(looked).size).toBe(looked.length);
    const now = await templatesOf(store, SECOND_MODEL);
    for (const [id, template] of done) expect(now.get(id)).toEqual(template);
    const serving = (await store.servingModel(ME))!;
    const whole = serving === SECOND_MODEL ? now : old;
    expect(whole.size).toBe(REFERENCES);
    expect(await templatesOf(store, serving)).toEqual(whole);
    await expectEverybodyKnown();
  }

  expect(await run(null)).toMatchObject({ switched: true });
  expect(await store.servingModel(ME)).toBe(SECOND_MODEL);
  expect(await templatesOf(store, recognizer.modelId)).toEqual(new Map());
  const made = await templatesOf(store, SECOND_MODEL);
  expect([...made.keys()]).toEqual([...old.keys()]);
  for (const id of made.keys()) {
    const image = (await store.referenceImage(ME, id))!;
    const template = (await recognizer.analyse(image)).face!.template.toReversed();
    expect(made.get(id)).toEqual(await store.protect(SECOND_MODEL, template));
  }
  await expectEverybodyKnown();
  await store.close();
});

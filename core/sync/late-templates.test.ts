import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { DEFAULT_POLICY } from '#contract';
import { Devices } from '#core/devices';
import { Gallery } from '#core/gallery';
import { createCalibration, createTemplateProtection } from '#core/matching';
import { fileKekProvider, openStore, type SqlStore } from '#core/store';
import { madeUpTable } from '../matching/testing/made-up-table.ts';
import { MODEL, newFaceId, newReference, newTemplate } from '../store/testing/made-up-faces.ts';
import { Hub } from './hub.ts';

const calibration = createCalibration(
  madeUpTable([
    [1e-1, 0.15],
    [1e-5, 0.5],
  ]),
);
const secret = randomBytes(32);
const replicaId = `rep_${'0'.repeat(32)}`;

/** A server and its index in memory, and an appliance of another network. */
let dir: string;
let store: SqlStore;
let gallery: Gallery;
let send: (number: number, modelId: string, template: Float32Array) => Promise<unknown>;
let faceId: string;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'lintel-late-templates-'));
  store = await openStore({ dir, kekProvider: fileKekProvider(join(dir, 'key')) });
  const devices = new Devices(store);
  const { code } = await devices.invite('a');
  const publicKey = await store.audit.publicKey();
  const { deviceId } = await devices.pair({ code, name: 'Door', publicKey });
  faceId = newFaceId();
  const uid = randomBytes(16).toString('hex');
  const createdAt = new Date().toISOString();
  send = async (number, modelId, template) => {
    const { protect } = createTemplateProtection(secret, modelId, template.length);
    const templates = [{ modelId, template: new Uint8Array(Float32Array.from(protect(template)).buffer) }];
    const picture = Uint8Array.of(0xff, 0xd8);
    const reference = { uid, quality: 1, source: 'camera', createdAt, templates, image: picture };
    const face = { collectionId: 'c', faceId, externalKey: null, metadata: {}, createdAt };
    const operation = { number, kind: 'face-added', body: { face: { ...face, references: [reference] } } };
    const options = { secret, modelId: MODEL, deviceId, rights: DEFAULT_POLICY };
    const { refused } = await new Hub(store).push('a', { replicaId, operations: [operation] }, options);
    if (refused.length > 0) throw new Error(`refused: ${refused[0]!.code}`);
  };
  gallery = await Gallery.open({ store, account: 'a', modelId: MODEL, dimension: 512, calibration });
  await gallery.ensureCollection('c');

  await send(1, 'another-network', newTemplate());
  await gallery.enrol('c', { references: [newReference()] });
  // The index has passed the face.
  await whoIs(newTemplate());
});
afterEach(async () => {
  await store.close();
  await rm(dir, { recursive: true });
});

const whoIs = async (template: Float32Array) =>
  (await gallery.identify('c', template, { threshold: 90 })).faceId;

it('a template that the server makes of a picture finds the face, whoever was enrolled before', async () => {
  const [referenceId] = await store.pendingReferences('a', MODEL, 2);
  const template = newTemplate();
  expect(await store.addTemplates('a', MODEL, new Map([[referenceId!, template]]))).toBe(1);
  expect(await whoIs(template)).toBe(faceId);
});

it('a template that an appliance sends later finds the face, whoever was enrolled before', async () => {
  const template = newTemplate();
  await send(2, MODEL, template);
  expect(await whoIs(template)).toBe(faceId);
});

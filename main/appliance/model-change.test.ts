import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { pino } from 'pino';
import sharp from 'sharp';
import { afterEach, beforeEach, expect, it } from 'vitest';
import {
  LintelError,
  type ApplianceStatus,
  type KioskChannel,
  type KioskInput,
  type KioskOutput,
  type Settings,
} from '#contract';
import type { KnownPerson } from '#core/gallery';
import type { Identity } from '#core/matching';
import { MARGIN } from '#core/matching';
import { fileKekProvider, openStore } from '#core/store';
import { portrait } from '../../scripts/samples/clip.ts';
import { sampleFace } from '../../scripts/samples/samples.ts';
import { readAuditLog } from '../../test/support/audit-log.ts';
import { request } from '../../test/support/request.ts';
import { SECOND_MODEL, secondModel } from '../../test/support/second-model.ts';
import { createOperator } from '../operator/index.ts';
import {
  openAppliance,
  openEngine,
  openRecognition,
  type Appliance,
  type Engine,
  type KioskConnection,
  type OpenModel,
} from './index.ts';

const modelsDir = fileURLToPath(new URL('../../models', import.meta.url));
const PIN = '271828';

let root: string;
let appliance: Appliance;
let screen: KioskConnection;
let statuses: ApplianceStatus[];
let engine: Engine;
const engines: Engine[] = [];

/** Both models; `set` is the one that the installation is set to. */
function models(set: 'first' | 'second', { hasFirst = true } = {}): OpenModel {
  return async (modelId) => {
    const first = await openRecognition({ modelsDir, workers: 1 });
    const wanted = modelId ?? (set === 'first' ? first.recognizer.modelId : SECOND_MODEL);
    if (wanted === SECOND_MODEL) return { ...first, recognizer: secondModel(first.recognizer) };
    if (hasFirst) return first;
    await first.close();
    throw new LintelError('model-missing', modelId ?? '');
  };
}

async function start(openModel: OpenModel): Promise<void> {
  statuses = [];
  const place = { dataDir: join(root, 'data'), modelsDir, kekProvider: fileKekProvider(join(root, 'key')) };
  appliance = await openAppliance({
    ...place,
    version: '1.2.3',
    log: pino({ level: 'silent' }),
    openModel,
  });
  screen = appliance.connect((event, body) => {
    if (event === 'appliance.status-changed') statuses.push(body as ApplianceStatus);
  });
  engine = await openEngine({ ...place, openModel, actor: 'command-line' });
  engines.push(engine);
  await ask('operator.login', { pin: PIN });
}

const ask = <C extends KioskChannel>(channel: C, input: KioskInput<C>): Promise<KioskOutput<C>> =>
  request(screen, channel, input);

/** Enrols two pictures of a sample person under the policy. */
async function enrol(name: string, keepImages: Settings['keepImages']): Promise<string> {
  await ask('settings.update', { keepImages });
  const photo = await portrait(sampleFace(name));
  // Mirrored and stretched, so that it repeats nothing.
  const other = sharp(photo).flop().resize({ width: 560, height: 560, fit: 'fill' });
  const images = [photo, await other.jpeg().toBuffer()];
  const { face } = await ask('people.enrol', { metadata: { name }, images });
  return face!.faceId;
}

/** The person that another process of this installation recognises in a sample picture. */
async function recognised(name: string): Promise<Identity<KnownPerson>> {
  const image = await portrait(sampleFace(name));
  return await engine.serve(async ({ recognizer, gallery }) => {
    const { face } = await recognizer.analyse(image);
    return await gallery.recognise('default', face!.template, { falsePositiveRate: 1e-3, margin: MARGIN });
  });
}

const changed = async (): Promise<void> =>
  await expect.poll(() => statuses.at(-1)?.modelChange, { interval: 20 }).toBeNull();

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'lintel-model-change-'));
  const store = await openStore({ dir: join(root, 'data'), kekProvider: fileKekProvider(join(root, 'key')) });
  await createOperator(store, { cost: { N: 1024, r: 8, p: 1 } }).overwritePin(PIN);
  await store.close();
});
afterEach(async () => {
  for (const opened of engines.splice(0)) await opened.close();
  await appliance.close();
  await rm(root, { recursive: true });
});

it('recognises everybody before, during and after a change of model, or says who must be enrolled again', async () => {
  await start(models('first'));
  const robin = await enrol('Robin', 'always');
  const kim = await enrol('Kim', 'never');
  expect(await ask('appliance.status', {})).toMatchObject({ modelChange: null });
  await appliance.close();

  await start(models('second'));
  const outcomes = new Set<string>();
  do outcomes.add((await recognised('Robin')).kind);
  while (statuses.at(-1)?.modelChange !== null);
  outcomes.add((await recognised('Robin')).kind);
  expect([...outcomes]).toEqual(['known']);
  expect(statuses[0]).toMatchObject({ modelChange: { done: 0, total: 2 } });

  expect(await recognised('Kim')).toEqual({ kind: 'unknown' });
  expect((await ask('people.list', {})).faces.map(({ faceId, reEnrol }) => [faceId, reEnrol])).toEqual([
    [robin, false],
    [kim, true],
  ]);
  const sasha = await enrol('Sasha', 'always');
  expect(await recognised('Sasha')).toMatchObject({ kind: 'known', person: { faceId: sasha } });
  const { entries } = await readAuditLog(join(root, 'data'), join(root, 'key'));
  expect(entries).toContainEqual([
    'device',
    expect.objectContaining({ kind: 'model-switched', to: SECOND_MODEL }),
  ]);
});

it('follows a store that another process switched', async () => {
  await start(models('first'));
  await enrol('Robin', 'always');
  const running = engine;
  await appliance.close();
  await start(models('second'));
  await changed();
  engine = running;
  expect(await recognised('Robin')).toMatchObject({ kind: 'known' });
});

it('does not start when the serving model is gone, and loses nothing', async () => {
  await start(models('first'));
  await enrol('Robin', 'always');
  await appliance.close();
  await expect(start(models('second', { hasFirst: false }))).rejects.toMatchObject({ code: 'model-missing' });
  await start(models('first'));
  expect(await recognised('Robin')).toMatchObject({ kind: 'known' });
});

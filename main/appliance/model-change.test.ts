import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { pino } from 'pino';
import sharp from 'sharp';
import { afterEach, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import {
  KIOSK_CHANNELS,
  LintelError,
  type ApplianceStatus,
  type KioskChannel,
  type KioskInput,
  type KioskOutput,
  type Settings,
} from '#contract';
import { fileKeyProvider, openStore } from '#core/store';
import type { AnimatedHead } from '../../scripts/samples/animated-head.ts';
import { portrait } from '../../scripts/samples/clip.ts';
import { sampleHead } from '../../scripts/samples/live-head.ts';
import { sampleFace } from '../../scripts/samples/samples.ts';
import { performed } from '../../test/support/kiosk-client.ts';
import { SECOND_MODEL, secondModel } from '../../test/support/second-model.ts';
import { createOperator } from '../operator/index.ts';
import {
  openAppliance,
  openRecognition,
  type Appliance,
  type KioskConnection,
  type OpenModel,
} from './index.ts';

const modelsDir = fileURLToPath(new URL('../../models', import.meta.url));
const PIN = '271828';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 60_000 });

let root: string;
let appliance: Appliance;
let screen: KioskConnection;
let statuses: ApplianceStatus[];
/** The appliance's clock, in milliseconds. */
let time = 1_000;
let visits = 0;
const heads = new Map<string, AnimatedHead>();

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
  appliance = await openAppliance({
    dataDir: join(root, 'data'),
    modelsDir,
    keyProvider: fileKeyProvider(join(root, 'key')),
    version: '1.2.3',
    log: pino({ level: 'silent' }),
    now: () => time,
    openModel,
  });
  screen = appliance.connect((event, body) => {
    if (event === 'appliance.status-changed') statuses.push(body as ApplianceStatus);
  });
  await ask('operator.login', { pin: PIN });
  // Turns show in any photograph; a blink needs one in which the eyes are large.
  await ask('settings.update', { challengeSteps: ['turn-left', 'turn-right'] });
}

async function ask<C extends KioskChannel>(channel: C, input: KioskInput<C>): Promise<KioskOutput<C>> {
  const reply = await screen.handle(channel, input);
  if (!reply.ok) throw LintelError.fromBody(reply.error);
  return KIOSK_CHANNELS[channel].output.parse(reply.value) as KioskOutput<C>;
}

/** Enrols two pictures of a sample person under the policy. */
async function enrol(name: string, keepImages: Settings['keepImages']): Promise<string> {
  await ask('settings.update', { keepImages });
  const photo = await portrait(sampleFace(name));
  const images = [photo, await sharp(photo).flop().jpeg().toBuffer()];
  const { face } = await ask('people.enrol', { metadata: { name }, images });
  return face!.faceId;
}

async function visit(name: string): Promise<KioskOutput<'visit.submit'>> {
  const { visitId, challenge } = await ask('visit.begin', {});
  const { frames, milliseconds } = await performed(heads.get(name)!, challenge, (visits += 1));
  time += milliseconds;
  return await ask('visit.submit', { visitId, frames });
}

const changed = async (): Promise<void> =>
  await expect.poll(() => statuses.at(-1)?.modelChange, { timeout: 60_000, interval: 20 }).toBeNull();

beforeAll(async () => {
  const recognition = await openRecognition({ modelsDir, workers: 1 });
  for (const name of ['Robin', 'Kim', 'Sasha'])
    heads.set(name, await sampleHead(recognition.recognizer, sampleFace(name)));
  await recognition.close();
});
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'lintel-model-change-'));
  const store = await openStore({ dir: join(root, 'data'), keyProvider: fileKeyProvider(join(root, 'key')) });
  await createOperator(store, { cost: { N: 1024, r: 8, p: 1 } }).setPin(PIN);
  await store.close();
});
afterEach(async () => {
  await appliance.close();
  await rm(root, { recursive: true });
});

it('recognises everybody before, during and after a change of model, or says who must be enrolled anew', async () => {
  await start(models('first'));
  const robin = await enrol('Robin', 'always');
  const kim = await enrol('Kim', 'never');
  expect(await ask('appliance.status', {})).toMatchObject({ modelChange: null });
  await appliance.close();

  await start(models('second'));
  const outcomes = new Set<string>();
  do outcomes.add((await visit('Robin')).outcome);
  while (statuses.at(-1)?.modelChange !== null);
  outcomes.add((await visit('Robin')).outcome);
  expect([...outcomes]).toEqual(['granted']);
  expect(statuses[0]).toMatchObject({ modelChange: { done: 0, total: 2 } });

  expect(await visit('Kim')).toMatchObject({ outcome: 'denied', reasons: ['no-match'] });
  expect((await ask('people.list', {})).faces.map(({ faceId, reEnrol }) => [faceId, reEnrol])).toEqual([
    [robin, false],
    [kim, true],
  ]);
  const sasha = await enrol('Sasha', 'always');
  expect(await visit('Sasha')).toMatchObject({ outcome: 'granted', person: { faceId: sasha } });
});

it('follows a store that another process switched', async () => {
  await start(models('first'));
  await enrol('Robin', 'always');
  const running = [appliance, screen] as const;
  await start(models('second'));
  await changed();
  await appliance.close();
  [appliance, screen] = running;
  expect(await visit('Robin')).toMatchObject({ outcome: 'granted' });
});

it('does not start when the serving model is gone, and loses nothing', async () => {
  await start(models('first'));
  await enrol('Robin', 'always');
  await appliance.close();
  await expect(start(models('second', { hasFirst: false }))).rejects.toMatchObject({ code: 'model-missing' });
  await start(models('first'));
  expect(await visit('Robin')).toMatchObject({ outcome: 'granted' });
});

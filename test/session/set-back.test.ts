import { randomBytes } from 'node:crypto';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Gallery } from '#core/gallery';
import { createCalibration } from '#core/matching';
import { modelIdOf } from '#core/recognition';
import { fileKekProvider, LOCAL_ACCOUNT as ME, openStore, type Store } from '#core/store';
import { madeUpTable } from '../../core/matching/testing/made-up-table.ts';
import { randomTemplate, seeded } from '../../core/matching/testing/random-templates.ts';
import { auditOf } from '../../core/store/testing/store-per-test.ts';
import { runCli } from '../../main/cli/program.ts';
import { createOperator } from '../../main/operator/index.ts';
import { applianceOn, MODELS_DIR } from '../support/appliance-on.ts';
import { request } from '../support/request.ts';

/** A store whose folder was put back to what it was before a person was erased. */

const MODEL = await modelIdOf(join(MODELS_DIR, 'weights'), 'default');
const DIMENSION = 512;
const PIN = '271828';
const [erased, other] = [randomTemplate(DIMENSION, seeded(3)), randomTemplate(DIMENSION, seeded(4))];
const faceId = `face_${randomBytes(16).toString('hex')}`;
const calibration = createCalibration(
  madeUpTable([
    [1e-3, 0.3],
    [1e-6, 0.6],
  ]),
);

let root: string;
let data: string;
let key: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'lintel-set-back-'));
  [data, key] = [join(root, 'data'), join(root, 'keys', 'key')];
  await using(async (store) => {
    await createOperator(store, { cost: { N: 1024, r: 8, p: 1 } }).overwritePin(PIN);
    await store.createCollection(ME, 'default');
    await enrol(store, erased, faceId);
    await enrol(store, other);
  });
});
afterEach(() => rm(root, { recursive: true }));

async function using<T>(work: (store: Store) => Promise<T>): Promise<T> {
  const store = await openStore({ dir: data, kekProvider: fileKekProvider(key) });
  try {
    return await work(store);
  } finally {
    await store.close();
  }
}

async function enrol(store: Store, template: Float32Array, id = `face_${randomBytes(16).toString('hex')}`) {
  const reference = { modelId: MODEL, template, quality: 1, source: 'camera' } as const;
  await store.addFace(ME, 'default', { faceId: id, references: [reference] });
}

async function isKnown(store: Store, template: Float32Array): Promise<boolean> {
  const gallery = await Gallery.open({ store, modelId: MODEL, dimension: DIMENSION, calibration });
  return (await gallery.identify('default', template, { threshold: 90 })).match;
}

async function lintel(...args: string[]): Promise<{ status: number; answer: Record<string, unknown> }> {
  let out = '';
  const command = [...args, '--data', data, '--key-file', key, '--json'];
  const status = await runCli(command, { stdout: (text) => (out += text), stderr: () => {} });
  return { status, answer: JSON.parse(out) as Record<string, unknown> };
}

/** An attacker keeps a copy of the store and puts it back after the person was erased. */
async function setBack(): Promise<void> {
  await cp(join(data, 'store'), join(root, 'copy'), { recursive: true });
  expect(await lintel('erase', '--face', faceId)).toMatchObject({ status: 0 });
  await rm(join(data, 'store'), { recursive: true });
  await cp(join(root, 'copy'), join(data, 'store'), { recursive: true });
}

const without = {
  receipts: () => rm(join(data, 'receipts'), { recursive: true }),
  'the head beside the key': () => rm(`${key}.heads`, { recursive: true }),
};

describe('a store that was set back', () => {
  it.each(Object.entries(without))('recognises no person, also without %s', async (_what, lose) => {
    await setBack();
    await lose();
    await lintel('set-back');
    await using(async (store) => {
      await expect(isKnown(store, erased)).rejects.toMatchObject({ code: 'store-set-back' });
      await expect(isKnown(store, other)).rejects.toMatchObject({ code: 'store-set-back' });
    });
    // Again and again, until an operator has decided.
    await using(async (store) => {
      await expect(isKnown(store, other)).rejects.toMatchObject({ code: 'store-set-back' });
    });
    const { status, answer } = await lintel('doctor');
    expect(status).toBe(1);
    expect((answer['steps'] as { ok: boolean }[]).filter(({ ok }) => !ok)).toMatchObject([
      { what: 'The store is the newest copy of itself' },
    ]);
  });

  it('erases the people named in receipts again, by an operator’s decision, which is recorded', async () => {
    await setBack();
    expect(await lintel('set-back')).toMatchObject({
      answer: { setBack: { evidence: ['key', 'receipts'], people: 1 } },
    });
    expect(await lintel('set-back', 'erase-again')).toMatchObject({ status: 0, answer: { erasedAgain: 1 } });
    await using(async (store) => {
      expect(await isKnown(store, erased)).toBe(false);
      expect(await isKnown(store, other)).toBe(true);
      expect(await auditOf(store)).toContainEqual([
        'command-line',
        { kind: 'set-back-settled', decision: 'erase-again', erasedAgain: 1 },
      ]);
    });
    expect(await lintel('doctor')).toMatchObject({ status: 0 });
  });

  it('goes on as it is when an operator accepts that, and is noticed when it is set back once more', async () => {
    await setBack();
    await lintel('set-back');
    await lintel('set-back', 'accept');
    await using(async (store) => expect(await isKnown(store, erased)).toBe(true));
    expect(await lintel('doctor')).toMatchObject({ status: 0 });
    await rm(join(data, 'store'), { recursive: true });
    await cp(join(root, 'copy'), join(data, 'store'), { recursive: true });
    expect(await lintel('set-back')).toMatchObject({
      answer: { setBack: { evidence: ['key', 'receipts'], people: 1 } },
    });
  });

  it('is shown at the screen, and decided there', async () => {
    await setBack();
    const appliance = await applianceOn(data, key);
    const screen = appliance.connect(() => undefined);
    expect(await request(screen, 'appliance.status', {})).toMatchObject({
      enrolledCount: 2,
      setBack: { evidence: ['key', 'receipts'], people: 1 },
    });
    for (const [channel, input] of [
      ['visit.begin', {}],
      ['visit.code', { code: '12345678' }],
    ] as const) {
      await expect(request(screen, channel, input)).rejects.toMatchObject({ code: 'store-set-back' });
    }
    await expect(request(screen, 'store.settle-set-back', { decision: 'accept' })).rejects.toMatchObject({
      code: 'operator-required',
    });
    await request(screen, 'operator.login', { pin: PIN });
    expect(await request(screen, 'store.settle-set-back', { decision: 'erase-again' })).toEqual({
      erasedAgain: 1,
    });
    expect(await request(screen, 'appliance.status', {})).toMatchObject({ enrolledCount: 1, setBack: null });
    await request(screen, 'visit.begin', {});
    await appliance.close();
  });
});

it('a store that was restored from a backup is no such copy, and no person who was erased since is in it', async () => {
  const backup = join(root, 'backup');
  await lintel('backup', 'create', backup);
  await lintel('erase', '--face', faceId);
  expect(await lintel('backup', 'restore', backup, '--replace')).toMatchObject({ status: 0 });
  await using(async (store) => {
    expect(await isKnown(store, erased)).toBe(false);
    expect(await isKnown(store, other)).toBe(true);
  });
  expect(await lintel('set-back')).toMatchObject({ answer: { setBack: null } });
  expect(await lintel('doctor')).toMatchObject({ status: 0 });
});

it('a receipt of another device is no evidence', async () => {
  const strangers = join(root, 'strangers');
  const store = await openStore({ dir: strangers, kekProvider: fileKekProvider(key) });
  await store.createCollection(ME, 'default');
  await enrol(store, erased, faceId);
  const receipt = JSON.stringify(await store.erase(ME, { faceId }));
  await store.close();
  await using(async (mine) => {
    await mine.lineage.checkReceipts([receipt, 'no receipt']);
    expect(await mine.lineage.pending()).toBeNull();
  });
});

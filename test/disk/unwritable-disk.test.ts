import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fileKekProvider, LOCAL_ACCOUNT as ME, openStore, type Store } from '#core/store';
import { Gallery } from '#core/gallery';
import { createCalibration } from '#core/matching';
import { modelIdOf } from '#core/recognition';
import { createRecorder } from '#core/upkeep';
import { madeUpTable } from '../../core/matching/testing/made-up-table.ts';
import { randomTemplate, seeded } from '../../core/matching/testing/random-templates.ts';
import { runCli } from '../../main/cli/program.ts';
import { createLog } from '../../main/process/index.ts';
import { newSetupCodeText } from '../../main/shell/setup-code-text.ts';
import { applianceOn, MODELS_DIR } from '../support/appliance-on.ts';
import { mountExt4Disk, type Ext4Disk } from '../support/ext4-disk.ts';
import { request } from '../support/request.ts';

const MODEL = await modelIdOf(join(MODELS_DIR, 'weights'), 'default');
const DIMENSION = 512;
const template = randomTemplate(DIMENSION, seeded(3));
const calibration = createCalibration(
  madeUpTable([
    [1e-3, 0.3],
    [1e-6, 0.6],
  ]),
);

const probe = mountExt4Disk();
probe?.remove();
const elsewhere = mkdtempSync(join(tmpdir(), 'lintel-elsewhere-'));
const key = join(elsewhere, 'key');
afterAll(() => rmSync(elsewhere, { recursive: true }));

let disk: Ext4Disk;
let data: string;
const place = () => ({ dir: data, kekProvider: fileKekProvider(key) });

async function isKnown(store: Store): Promise<boolean> {
  const gallery = await Gallery.open({ store, modelId: MODEL, dimension: DIMENSION, calibration });
  return (await gallery.identify('default', template, { threshold: 90 })).match;
}

async function enrol(store: Store): Promise<void> {
  const faceId = `face_${randomBytes(16).toString('hex')}`;
  const reference = { modelId: MODEL, template, quality: 1, source: 'camera' } as const;
  await store.addFace(ME, 'default', { faceId, references: [reference] });
}

async function lintel(...args: string[]): Promise<{ status: number; answer: Record<string, unknown> }> {
  let out = '';
  const command = [...args, '--data', data, '--key-file', key, '--json'];
  const status = await runCli(command, { stdout: (text) => (out += text), stderr: () => {} });
  return { status, answer: JSON.parse(out) as Record<string, unknown> };
}

describe.skipIf(probe === null)('on a disk that takes nothing', () => {
  beforeEach(async () => {
    disk = mountExt4Disk()!;
    data = join(disk.folder, 'data');
    const store = await openStore(place());
    await store.createCollection(ME, 'default');
    await enrol(store);
    await store.close();
  });
  afterEach(() => disk.remove());

  it('that can only be read, people are recognised, and changes have a code of their own', async () => {
    disk.remount('ro');
    const store = await openStore(place());
    expect(await isKnown(store)).toBe(true);
    await expect(enrol(store)).rejects.toMatchObject({ code: 'store-read-only' });
    await createRecorder(store.audit, createLog('silent'))({ kind: 'signed-in' });
    await store.inspectPages();
    await store.close();
  });

  it('that can only be read, commands that read work, those that change say why not, and a backup is made', async () => {
    disk.remount('ro');
    for (const command of [
      ['collections'],
      ['faces', '--collection', 'default'],
      ['audit', 'verify'],
      ['audit', 'tail'],
      ['models', 'status'],
      ['account', 'list'],
      ['sync', 'status'],
    ]) {
      expect({ command, ...(await lintel(...command)) }).toMatchObject({ command, status: 0 });
    }
    expect(
      await lintel('delete', '--collection', 'default', '--face', `face_${'0'.repeat(32)}`),
    ).toMatchObject({ status: 1, answer: { error: { code: 'store-read-only' } } });
    const backup = join(elsewhere, 'backup');
    expect(await lintel('backup', 'create', backup)).toMatchObject({ status: 0, answer: { faces: 1 } });
    expect(await lintel('backup', 'verify', backup)).toMatchObject({ status: 0, answer: { faces: 1 } });
    const { status, answer } = await lintel('doctor');
    expect(status).toBe(1);
    const steps = answer['steps'] as { what: string; ok: boolean; advice: string | null }[];
    expect(steps.filter(({ ok }) => !ok)).toMatchObject([
      { what: 'The disk takes changes', advice: expect.stringContaining('dmesg') as string },
    ]);
    expect(steps.length).toBeGreaterThan(6);
  });

  it('that can only be read, an appliance starts', async () => {
    disk.remount('ro');
    const appliance = await applianceOn(data, key);
    const screen = appliance.connect(() => undefined);
    expect(await request(screen, 'appliance.status', {})).toMatchObject({ enrolledCount: 1 });
    await expect(request(screen, 'operator.set-pin', { pin: '271828' })).rejects.toMatchObject({
      code: 'store-read-only',
    });
    expect(await newSetupCodeText(appliance, { forgetPin: false, log: createLog('silent') })).toBeNull();
    await appliance.close();
  });

  it('that takes changes again, a store that was opened before reads no stale data', async () => {
    disk.remount('ro');
    const store = await openStore(place());
    disk.remount('rw');
    const other = await openStore(place());
    await enrol(other);
    await expect(store.listCollections(ME)).rejects.toMatchObject({ code: 'store-read-only' });
    await Promise.all([store.close(), other.close()]);
  });

  it('since it failed under a running store, people are recognised, also after a restart', async () => {
    const store = await openStore(place());
    expect(await isKnown(store)).toBe(true);
    disk.fail();
    const record = createRecorder(store.audit, createLog('silent'));
    for (let i = 0; i < 20; i++) await record({ kind: 'signed-in' });
    await expect(enrol(store)).rejects.toMatchObject({ code: 'store-read-only' });
    expect(await isKnown(store)).toBe(true);
    const again = await openStore(place());
    expect(await isKnown(again)).toBe(true);
    await expect(enrol(again)).rejects.toMatchObject({ code: 'store-read-only' });
    await Promise.all([store.close(), again.close()]);
  });

  it('since it is full, a store opens, recognises, and takes changes once there is room', async () => {
    const makeRoom = disk.fillUp();
    const store = await openStore(place());
    expect(await isKnown(store)).toBe(true);
    await expect(enrol(store)).rejects.toMatchObject({ code: 'store-full' });
    await expect(store.audit.append({ kind: 'signed-in' })).rejects.toMatchObject({ code: 'store-full' });
    expect(await isKnown(store)).toBe(true);
    makeRoom();
    await enrol(store);
    await store.close();
    const again = await openStore(place());
    expect(await again.listFaces(ME, 'default', { limit: 0 })).toMatchObject({ total: 2 });
    await again.close();
  });

  it('since it is full, an appliance starts', async () => {
    disk.fillUp();
    const appliance = await applianceOn(data, key);
    const screen = appliance.connect(() => undefined);
    expect(await request(screen, 'appliance.status', {})).toMatchObject({ enrolledCount: 1 });
    await appliance.close();
  });
});

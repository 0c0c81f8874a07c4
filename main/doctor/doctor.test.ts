import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { DoorConfig } from '#contract';
import { fileKekProvider, openStore } from '#core/store';
import { keepLockdown, type Lockdown } from '../lockdown/index.ts';
import { eventOf } from '../doors/index.ts';
import { kioskPolicy } from '../deploy/index.ts';
import { examine, type Finding } from './doctor.ts';

const ORIGIN = 'http://127.0.0.1:4711';

let root: string;
let folder: string;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'lintel-doctor-'));
  folder = join(root, 'managed');
  await mkdir(folder, { mode: 0o755 });
  await chmod(folder, 0o755);
});
afterEach(async () => await rm(root, { recursive: true }));

/** A step, of a store that keeps this of its screen; null: no screen was opened with it. */
async function stepOf(name: string, kept: Lockdown | null): Promise<Finding> {
  const data = join(root, 'data');
  const kekProvider = fileKekProvider(join(root, 'key'));
  const store = await openStore({ dir: data, kekProvider });
  if (kept !== null) await keepLockdown(store, kept);
  await store.close();
  const findings = await examine(data, kekProvider, { weightsDir: root, set: 'default' });
  return findings.find(({ what }) => what === name)!;
}
const lockdownStep = (kept: Lockdown | null): Promise<Finding> => stepOf('The screen is locked down', kept);

const writePolicy = (policies: object): Promise<void> =>
  writeFile(join(folder, 'lintel.json'), JSON.stringify(policies), { mode: 0o644 });

describe('doctor’s step on the lock-down', () => {
  // Only root can make files that count as a policy.
  it.runIf(process.getuid?.() === 0)(
    'passes while the policy is in force, and reads the policy at each run',
    async () => {
      const policy = { folder, origin: ORIGIN };
      await writePolicy(kioskPolicy(ORIGIN));
      const inForce = await lockdownStep({ gaps: [], policy });
      expect(inForce).toMatchObject({ ok: true, advice: null });
      expect(inForce.detail).toContain(folder);
      // What the screen lacked when it was opened has been mended since.
      expect(await lockdownStep({ gaps: ['policy-missing'], policy })).toMatchObject({ ok: true });
      await writePolicy({ ...kioskPolicy(ORIGIN), DeveloperToolsAvailability: 1 });
      const incomplete = await lockdownStep({ gaps: [], policy });
      expect(incomplete).toMatchObject({ ok: false, advice: expect.stringContaining('docs/lockdown.md') });
      expect(incomplete.detail).toContain('lacks entries');
    },
  );

  it.runIf(process.getuid?.() === 0)('names the user of the browser and its disobedience', async () => {
    await writePolicy(kioskPolicy(ORIGIN));
    const { ok, detail } = await lockdownStep({
      gaps: ['same-user', 'policy-ignored'],
      policy: { folder, origin: ORIGIN },
    });
    expect(ok).toBe(false);
    expect(detail).toContain('the user who owns the data');
    expect(detail).toContain('does not do what its managed policy says');
    expect(detail).not.toContain('has no managed policy');
  });

  it('misses a policy that is gone', async () => {
    const { ok, detail } = await lockdownStep({ gaps: [], policy: { folder, origin: ORIGIN } });
    expect({ ok, detail }).toEqual({
      ok: false,
      detail: expect.stringContaining('no managed policy that only root may change'),
    });
  });

  it('knows a screen without a browser of ours, and a store without a screen', async () => {
    expect(await lockdownStep(null)).toMatchObject({
      ok: true,
      detail: expect.stringContaining('no screen'),
    });
    expect(await lockdownStep({ gaps: [], policy: null })).toMatchObject({ ok: true, detail: 'Electron' });
    expect(await lockdownStep({ gaps: ['opened-by-hand'], policy: null })).toMatchObject({
      ok: false,
      detail: expect.stringContaining('nobody knows which browser'),
    });
  });
});

it.each([
  ['Europe/Berlin', true, 'Europe/Berlin'],
  [':/etc/localtime', false, expect.stringContaining('UTC')],
])('says whether the time zone of the machine is known: TZ=%s', async (zone, ok, detail) => {
  vi.stubEnv('TZ', zone);
  expect(await stepOf('The time zone of this machine is known', null)).toMatchObject({ ok, detail });
});

it('tries who is told of events and what is switched by the network, and names those that fail', async () => {
  const data = join(root, 'data');
  const kekProvider = fileKekProvider(join(root, 'key'));
  const receiver = createServer((socket) => void socket.destroy()).listen(0, '127.0.0.1');
  await once(receiver, 'listening');
  const url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}`;
  const found = async (): Promise<Finding[]> => {
    const findings = await examine(data, kekProvider, { weightsDir: root, set: 'default' });
    return findings.filter(({ what }) => what.endsWith('can be reached'));
  };
  const store = await openStore({ dir: data, kekProvider });
  onTestFinished(() => store.close());
  expect(await found()).toMatchObject([
    { ok: true, detail: 'there is none' },
    { ok: true, detail: 'nobody is told' },
  ]);
  const call = { url: `${url}/secret` };
  const actuator = { kind: 'http', open: call, close: call, allowHttp: true, allowPrivate: true };
  await store.door.setConfig(DoorConfig.parse({ doorId: 'front', actuator }));
  const options = { kind: 'webhook', allowPrivate: true } as const;
  const target = { url: `${url}/secret`, secret: 'x', options, kinds: null };
  const { targetId } = await store.eventTargets.add(target);
  expect(await found()).toMatchObject([
    { ok: true, detail: `door front (${url})` },
    { ok: true, detail: `${targetId} (${url})` },
  ]);
  // It is there, and refuses what it is told.
  await store.events.add(eventOf('tamper', null));
  const [waiting] = await store.eventTargets.waiting(new Date());
  const [due] = await store.eventTargets.due(waiting!.webhook, new Date(), 1);
  await store.eventTargets.refused(due!.id, new Date());
  expect(await found()).toMatchObject([
    { ok: true },
    { ok: false, detail: expect.stringContaining('(1 wait)') },
  ]);
  await new Promise((resolve) => receiver.close(resolve));
  expect(await found()).toMatchObject([
    {
      ok: false,
      detail: `door front (${url}): it refuses the connection`,
      advice: expect.stringContaining('lintel door set'),
    },
    {
      ok: false,
      detail: `${targetId} (${url}): it refuses the connection`,
      advice: expect.stringContaining('lintel webhook remove'),
    },
  ]);
});

it('a folder that is missing or empty is one in which nothing was started, and no repair is advised', async () => {
  const data = join(root, 'elsewhere');
  const found = () => examine(data, fileKekProvider(join(root, 'key')), { weightsDir: root, set: 'default' });
  expect(await found()).toEqual([
    {
      step: 1,
      what: expect.any(String),
      ok: false,
      detail: `there is no folder ${data}`,
      advice: expect.stringContaining('Nothing was started there yet'),
    },
  ]);
  await mkdir(data, { mode: 0o700 });
  const steps = await found();
  expect(steps[3]).toMatchObject({ ok: true, detail: 'there are none: the defaults are in force' });
  expect(steps.at(-1)).toMatchObject({
    ok: false,
    detail: 'there is none in this folder',
    advice: expect.stringMatching(/^Nothing was started there yet/),
  });
  expect(await readdir(data)).toEqual([]);
});

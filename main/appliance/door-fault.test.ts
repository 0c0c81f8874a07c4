import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { appliancePerTest } from '../../test/support/appliance-per-test.ts';
import { lintel, mustRun } from '../../test/support/appliance.ts';

const at = appliancePerTest();
const { ask, signIn } = at;

/** For commands beside the appliance. */
const place = () => ({ data: at.dataDir, keyFile: join(at.root, 'key'), remove: async () => undefined });

/** What the door tells of itself, the oldest first. */
const told = async () => {
  const { events } = await ask('events.list', { kinds: ['door-fault', 'door-mended'] });
  return events.map(({ kind, detail }) => [kind, detail]).toReversed();
};
const shown = async () => (await lintel(place(), 'door', 'show')).answer['fault'];
const examined = async () => {
  const steps = (await lintel(place(), 'doctor')).answer['steps'] as { what: string }[];
  return steps.find(({ what }) => what === 'The door does what it is told');
};

it('says that the door is in fault, since when and why, until it is mended by this start or a later one', async () => {
  expect(await examined()).toMatchObject({ ok: true, detail: 'there is no door' });
  const mended = join(at.root, 'mended');
  const actuator = { kind: 'command', open: ['/bin/true'], close: ['/usr/bin/test', '-e', mended] };
  await writeFile(join(at.root, 'door'), JSON.stringify({ doorId: 'front', actuator }));
  await mustRun(place(), 'door', 'set', join(at.root, 'door'));
  expect(await shown()).toBeNull();
  await at.close();
  await at.open();
  await signIn();
  const { code } = await ask('visitors.add', {
    name: 'Noor',
    host: null,
    from: new Date(Date.now() - 60_000).toISOString(),
    until: new Date(Date.now() + 60_000).toISOString(),
  });
  const notShut = ['door-fault', 'not shut'];
  const refused = ['door-fault', 'not opened: it is not certain that it is shut'];
  await expect.poll(told).toEqual([notShut]);
  await ask('visit.code', { code });
  await expect.poll(told).toEqual([notShut, refused]);
  const { events } = await ask('events.list', { kinds: ['door-fault'] });
  const since = events.at(-1)!.at;
  expect(await shown()).toEqual({ since, why: ['not shut'] });
  expect(await examined()).toMatchObject({
    ok: false,
    detail: `front: It is in fault since ${since}: not shut.`,
  });

  await at.close();
  await writeFile(mended, '');
  await at.open();
  await signIn();
  await expect.poll(async () => (await told()).at(-1)).toEqual(['door-mended', null]);
  expect(await shown()).toBeNull();
  expect(await examined()).toMatchObject({ ok: true });
  await at.close();
  await at.open();
  await signIn();
  expect((await told()).filter(([kind]) => kind === 'door-mended')).toHaveLength(1);
});

import { join } from 'node:path';
import { expect, it } from 'vitest';
import { AccessPolicy, DoorConfig } from '#contract';
import { fileKekProvider, openStore } from '#core/store';
import { appliancePerTest } from '../../test/support/appliance-per-test.ts';

const at = appliancePerTest();
const { ask, signIn } = at;

/** The appliance stands at a door whose actuator says nothing until its time is over. */
async function hangingDoor(access: object = {}): Promise<void> {
  await at.close();
  const store = await openStore({ dir: at.dataDir, kekProvider: fileKekProvider(join(at.root, 'key')) });
  const actuator = { kind: 'command', open: ['/bin/sleep', '60'], close: ['/bin/true'] };
  await store.door.setConfig(DoorConfig.parse({ doorId: 'front', direction: 'in', actuator, pulseMs: 500 }));
  await store.door.setPolicy(AccessPolicy.parse({ timeZone: 'UTC', rules: [{}], ...access }));
  await store.close();
  await at.open();
  await signIn();
}
const codeOfAlice = async (): Promise<string> =>
  (await ask('people.give-code', { faceId: await at.enrolAlice() })).code;
/** The second time while the door hangs after the first. */
const enterTwice = async (code: string) => [
  await ask('visit.code', { code }),
  await ask('visit.code', { code }),
];

it('locks out nobody who tries again while the door hangs', async () => {
  await hangingDoor({ antiPassback: { kind: 'direction', forgetAfterMinutes: 60 } });
  expect(await enterTwice(await codeOfAlice())).toMatchObject([
    { outcome: 'granted' },
    { outcome: 'granted' },
  ]);
});

it('takes another try while the door hangs for no way out', async () => {
  await hangingDoor();
  await ask('settings.update', { mode: 'attendance' });
  expect(await enterTwice(await codeOfAlice())).toMatchObject([{ direction: 'in' }, { direction: 'in' }]);
});

it('signs out no visitor who tries again while the door hangs', async () => {
  await hangingDoor();
  const [from, until] = [-1, 1].map((hours) => new Date(Date.now() + hours * 3_600_000).toISOString());
  const { code } = await ask('visitors.add', { name: 'Noor', from: from!, until: until! });
  expect(await enterTwice(code)).toMatchObject([{ direction: 'in' }, { direction: 'in' }]);
});

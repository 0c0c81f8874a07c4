import { join } from 'node:path';
import { expect, it } from 'vitest';
import { DoorConfig } from '#contract';
import { fileKekProvider, openStore } from '#core/store';
import { appliancePerTest } from '../../test/support/appliance-per-test.ts';

const at = appliancePerTest();
const { ask, signIn } = at;

it('in each mode: a name or none, in and out by turns or as chosen, or nobody at all', async () => {
  await signIn();
  const { code } = await ask('people.give-code', { faceId: await at.enrolAlice() });
  const decide = async (settings: Parameters<typeof ask<'settings.update'>>[1]) => {
    await ask('settings.update', settings);
    return await ask('visit.code', { code });
  };
  const alice = { outcome: 'granted', person: { name: 'Alice' } };
  const usual = await decide({});
  expect(usual).toMatchObject(alice);
  expect(usual.direction).toBeUndefined();
  expect(await decide({ mode: 'door' })).toMatchObject({ outcome: 'granted', person: { name: null } });
  expect(await decide({ doorShowsName: true })).toMatchObject(alice);
  expect(await decide({ mode: 'attendance' })).toMatchObject({ ...alice, direction: 'in' });
  expect(await decide({})).toMatchObject({ ...alice, direction: 'out' });
  expect(await decide({})).toMatchObject({ ...alice, direction: 'in' });
  // A decision waits for no event.
  await ask('visitors.present', {});
  const { events } = await ask('events.list', { outcomes: ['granted'] });
  expect(events.map(({ direction }) => direction)).toEqual(['in', 'out', 'in', null, null, null]);

  const refused = { code: 'mode-enrols-only' };
  await expect(decide({ mode: 'enrolment' })).rejects.toMatchObject(refused);
  await expect(ask('visit.begin', {})).rejects.toMatchObject(refused);
  await expect(ask('visit.session', { sessionId: '123456789012' })).rejects.toMatchObject(refused);
});

it('in attendance at a door that leads in lets nobody go out', async () => {
  const actuator = { kind: 'command', open: ['/bin/true'], close: ['/bin/true'] };
  await at.close();
  const store = await openStore({ dir: at.dataDir, kekProvider: fileKekProvider(join(at.root, 'key')) });
  await store.door.setConfig(DoorConfig.parse({ doorId: 'front', direction: 'in', actuator, pulseMs: 500 }));
  await store.close();
  await at.open();
  await signIn();
  expect((await ask('appliance.status', {})).doorDirection).toBe('in');
  const { code } = await ask('people.give-code', { faceId: await at.enrolAlice() });
  await ask('settings.update', { mode: 'attendance' });
  for (let i = 0; i < 2; i++) {
    expect(await ask('visit.code', { code })).toMatchObject({ outcome: 'granted', direction: 'in' });
  }
  await ask('visitors.present', {});
  const { events } = await ask('events.list', { outcomes: ['granted'] });
  expect(events.map(({ direction }) => direction)).toEqual(['in', 'in']);
});

it('notes a visit that its screen ended because a step took too long, once, and counts it for nothing', async () => {
  await signIn();
  const because = 'step-timeout';
  const { visitId, level } = await ask('visit.begin', {});
  await ask('visit.cancel', { visitId, because });
  await ask('visit.cancel', { visitId, because });
  await ask('visit.cancel', { visitId: (await ask('visit.begin', {})).visitId });
  const { events } = await ask('events.list', {});
  const event = {
    kind: 'decision',
    outcome: 'undecided',
    reasons: [because],
    visitId,
    level,
    faceId: null,
  };
  expect(events).toEqual([expect.objectContaining(event)]);
  const ending = async (): Promise<void> => {
    for (let i = 0; i < 100; i++) {
      const begun = await ask('visit.begin', {});
      await ask('visit.cancel', { visitId: begun.visitId, because });
    }
  };
  await expect(ending()).rejects.toMatchObject({ code: 'rate-limited' });
  expect(await ask('appliance.status', {})).toMatchObject({ pausedForMs: 0 });
});

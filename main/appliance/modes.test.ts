import { expect, it } from 'vitest';
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

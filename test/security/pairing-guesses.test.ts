import { afterEach, beforeEach, expect, it } from 'vitest';
import { Problem } from '#contract';
import { Devices } from '#core/devices';
import { auditOf } from '../../core/store/testing/store-per-test.ts';
import { ACCOUNT, World } from '../sync/world.ts';

let world: World;

beforeEach(async () => {
  world = await World.create(0);
});
afterEach(() => world.close());

/** @returns the code of the refusal, or null */
async function guess(code: string, remoteAddress: string): Promise<string | null> {
  const publicKey = await world.server.store.audit.publicKey();
  const answer = await world.app.inject({
    method: 'POST',
    url: '/v1/sync/pair',
    remoteAddress,
    payload: { code, name: 'door', publicKey },
  });
  return answer.statusCode === 200 ? null : Problem.parse(answer.json()).code;
}

it('a code is guessed five times a minute from an address, and that is recorded', async () => {
  const { code } = await new Devices(world.server.store).invite(ACCOUNT);
  const wrong = Array<string>(5).fill('pairing-code-invalid');
  const from = async (address: string) => {
    const answers = [];
    for (let i = 0; i < 5; i++) answers.push(await guess('AAAAA-AAAAA', address));
    return answers;
  };
  expect(await from('192.0.2.1')).toEqual(wrong);
  expect(await guess(code, '192.0.2.1')).toBe('rate-limited');
  // An owner of one IPv6 address has 2^64 of them.
  expect(await from('2001:db8::1')).toEqual(wrong);
  expect(await guess(code, '2001:db8::ffff')).toBe('rate-limited');
  expect(await guess(code, '192.0.2.2')).toBeNull();

  await world.restartServer();
  const entries = (await auditOf(world.server.store)).map(([, entry]) => entry);
  expect(entries.filter(({ kind }) => kind === 'pairings-refused')).toEqual([
    { kind: 'pairings-refused', wrong: 10, limited: 2 },
  ]);
});

import { expect, it } from 'vitest';
import type { SqlStore } from '#core/store';
import { generateDeviceKey, openDeviceKey } from '#core/audit';
import { anchorOf, membershipOf, type FeedMembership } from './membership.ts';

it('reads what an earlier version kept of a server that speaks the Realeyes API alone', async () => {
  const kept = { mode: 'documented', origin: 'https://faces.example', apiKey: 'k', allowHttp: false };
  const store = { getSecret: async () => Buffer.from(JSON.stringify(kept)) } as unknown as SqlStore;
  expect(await membershipOf(store)).toEqual({ ...kept, mode: 'realeyes' });
});

it.each(['', '{', '[]', '{"deviceId":"d"}', '{"deviceId":"d","revoked":false,"version":"x"}'])(
  'follows no instructions that are signed and make no sense: %j',
  (policy) => {
    const server = openDeviceKey(generateDeviceKey());
    const membership = { serverKey: server.publicKey, deviceId: 'd' } as FeedMembership;
    const signed = { policy, signature: server.sign('device-policy', policy) };
    expect(() => anchorOf(membership, signed)).toThrow(
      expect.objectContaining({ code: 'server-unreachable' }),
    );
  },
);

import { expect, it } from 'vitest';
import type { SqlStore } from '#core/store';
import { membershipOf } from './membership.ts';

it('reads what an earlier version kept of a server that speaks the Realeyes API alone', async () => {
  const kept = { mode: 'documented', origin: 'https://faces.example', apiKey: 'k', allowHttp: false };
  const store = { getSecret: async () => Buffer.from(JSON.stringify(kept)) } as unknown as SqlStore;
  expect(await membershipOf(store)).toEqual({ ...kept, mode: 'realeyes' });
});

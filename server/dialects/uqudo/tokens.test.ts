import { beforeAll, expect, it } from 'vitest';
import { Accounts, type Credentials } from '#core/accounts';
import type { Store } from '#core/store';
import { temporaryStore } from '../../../core/store/testing/temporary-store.ts';
import { Tokens } from './tokens.ts';

let store: Store;
let accounts: Accounts;
let ada: Credentials;

beforeAll(async () => {
  const place = await temporaryStore();
  ({ store } = place);
  accounts = new Accounts(store);
  ada = await accounts.create('Ada');
  return place.remove;
});

const refused = { code: 'unauthenticated' };

it('serve for half an hour, also over midnight and a restart', async () => {
  const now = Date.parse('2026-01-01T23:45:00Z');
  const { token, claims } = await new Tokens(store, accounts).issue(ada.accountId, ada.apiKey, now);
  const tokens = new Tokens(store, accounts);
  expect(claims.exp).toBe(now / 1000 + 1800);
  expect(await tokens.verify(token, now + 1_799_000)).toEqual({
    accountId: ada.accountId,
    keyId: ada.keyId,
    scopes: ['read', 'write', 'admin'],
  });
  await expect(tokens.verify(token, now + 1_800_000)).rejects.toMatchObject(refused);
});

it('cannot be lent a longer life or another account', async () => {
  const now = Date.now();
  const tokens = new Tokens(store, accounts);
  const { token, claims } = await tokens.issue(ada.accountId, ada.apiKey, now);
  const [header, , signature] = token.split('.');
  for (const change of [{ exp: claims.exp + 1 }, { sub: 'acct_other' }, { kid: 'key_other' }]) {
    const payload = Buffer.from(JSON.stringify({ ...claims, ...change })).toString('base64url');
    await expect(tokens.verify(`${header}.${payload}.${signature}`, now)).rejects.toMatchObject(refused);
  }
  // Without a signature at all (RFC 8725, section 3.1).
  const none = Buffer.from('{"alg":"none","typ":"JWT"}').toString('base64url');
  await expect(tokens.verify(`${none}.${token.split('.')[1]}.`, now)).rejects.toMatchObject(refused);
});

it('die with the API key that they were made with', async () => {
  const tokens = new Tokens(store, accounts);
  const { keyId, apiKey } = await accounts.addApiKey('Ada', ['read']);
  const { token, claims } = await tokens.issue(ada.accountId, apiKey);
  expect(claims.scope).toBe('read');
  expect(await tokens.verify(token)).toMatchObject({ keyId, scopes: ['read'] });
  await accounts.revokeApiKey(keyId);
  await expect(tokens.verify(token)).rejects.toMatchObject(refused);
});

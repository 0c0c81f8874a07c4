import { beforeEach, describe, expect, it } from 'vitest';
import type { Store } from '#core/store';
import { temporaryStore } from '../store/testing/temporary-store.ts';
import { Accounts } from './accounts.ts';

let store: Store;
let accounts: Accounts;

beforeEach(async () => {
  const place = await temporaryStore();
  ({ store } = place);
  accounts = new Accounts(store);
  return place.remove;
});

describe('an account', () => {
  it('is created with a key that may do everything', async () => {
    const { accountId, apiKey, keyId } = await accounts.create('ACME');
    expect(apiKey).toMatch(/^lintel_[\w-]{43}$/);
    expect(await accounts.authenticate(apiKey)).toEqual({
      accountId,
      keyId,
      scopes: ['read', 'write', 'admin'],
    });
    await expect(accounts.create('ACME')).rejects.toMatchObject({ code: 'account-exists' });
    expect(await accounts.list()).toMatchObject([{ accountId, name: 'ACME' }]);
  });

  it.each(['', '  ', 'x'.repeat(201)])('is not named %j', async (name) => {
    await expect(accounts.create(name)).rejects.toMatchObject({ code: 'account-name-invalid' });
  });

  it('is found by id and by name', async () => {
    const { accountId } = await accounts.create('ACME');
    expect(await accounts.find(accountId)).toEqual(await accounts.find('ACME'));
    await expect(accounts.find('Other')).rejects.toMatchObject({ code: 'account-not-found' });
  });
});

describe('a key', () => {
  it('is no account’s when any character of it differs', async () => {
    const { apiKey } = await accounts.create('ACME');
    for (let i = 0; i < apiKey.length; i++) {
      const wrong = `${apiKey.slice(0, i)}${apiKey[i] === 'x' ? 'y' : 'x'}${apiKey.slice(i + 1)}`;
      expect(await accounts.authenticate(wrong)).toBeNull();
    }
    expect(await accounts.authenticate('')).toBeNull();
    expect(await accounts.authenticate(`${apiKey}x`)).toBeNull();
  });

  it('has the scopes that it was added with, until it is revoked', async () => {
    await accounts.create('ACME');
    const { apiKey, keyId } = await accounts.addApiKey('ACME', ['read']);
    expect(await accounts.authenticate(apiKey)).toMatchObject({ scopes: ['read'] });
    expect((await accounts.keys('ACME')).map((key) => key.keyId)).toContain(keyId);
    await accounts.revokeApiKey(keyId);
    expect(await accounts.authenticate(apiKey)).toBeNull();
    await expect(accounts.revokeApiKey(keyId)).rejects.toMatchObject({ code: 'key-not-found' });
  });

  it('is nowhere in the store', async () => {
    const { apiKey, keyId } = await accounts.create('ACME');
    const stored = JSON.stringify(await store.accounts.findApiKey(keyId));
    expect(stored).not.toContain(apiKey);
    expect(stored).not.toContain(apiKey.slice(7, 30));
  });
});

describe('the first account', () => {
  it('is made where there is none, with the key given', async () => {
    const created = await accounts.bootstrap('a-key-from-outside');
    expect(created).toMatchObject({ apiKey: 'a-key-from-outside' });
    expect(await accounts.authenticate('a-key-from-outside')).toMatchObject({
      accountId: created?.accountId,
    });
    expect(await accounts.bootstrap('another-key')).toBeNull();
    expect(await accounts.authenticate('another-key')).toBeNull();
  });

  it.each(['short', 'with a space', 'x'.repeat(513)])('does not take the key %j', async (key) => {
    await expect(accounts.bootstrap(key)).rejects.toMatchObject({ code: 'key-invalid' });
    expect(await accounts.list()).toEqual([]);
  });
});

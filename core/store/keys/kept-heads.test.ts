import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AccessPolicy, type AuditEntry } from '#contract';
import { fileKekProvider, LOCAL_ACCOUNT as ME, storeIdOf, type SqlStore } from '../index.ts';
import { newFaceId, newReference } from '../testing/made-up-faces.ts';
import { temporaryStore, type TemporaryStore } from '../testing/temporary-store.ts';

describe('keeps beside the key at once what an older copy would let in again:', () => {
  let place: TemporaryStore;
  let store: SqlStore;
  beforeEach(async () => {
    place = await temporaryStore();
    ({ store } = place);
  });
  afterEach(() => place.remove());

  const isKept = async (): Promise<boolean> => {
    const kept = await fileKekProvider(join(place.dir, 'key')).heads!.read(
      storeIdOf(await store.audit.publicKey()),
    );
    return kept?.n === (await Array.fromAsync(store.audit.lines())).length;
  };

  it.each<AuditEntry>([
    { kind: 'card-revoked', cardId: 'card_0123456789abcdef' },
    { kind: 'key-changed', what: 'card-key', stage: 'done' },
    { kind: 'operator-removed', operatorId: 'robin-3f2a' },
    { kind: 'operator-role-set', operatorId: 'robin-3f2a', role: 'auditor' },
    { kind: 'operator-pin-set', operatorId: 'robin-3f2a' },
  ])('$kind', async (entry) => {
    await store.setSecret('s', Uint8Array.of(1), entry);
    expect(await isKept()).toBe(true);
  });

  it('an API key, a code, access rules, and whatever is noted by itself', async () => {
    const apiKey = { keyId: 'key_a', hash: new Uint8Array(32), scopes: ['admin' as const] };
    await store.accounts.add('acct_a', 'A', { ...apiKey, keyId: 'key_b', hash: new Uint8Array(32).fill(1) });
    await store.accounts.addApiKey('acct_a', apiKey);
    await store.accounts.removeApiKey('key_a');
    expect(await isKept()).toBe(true);
    await store.createCollection(ME, 'c');
    const { faceId } = await store.addFace(ME, 'c', {
      faceId: newFaceId(),
      references: [newReference()],
    });
    await store.setAccessCode(ME, 'c', faceId, new Uint8Array(32));
    expect(await isKept()).toBe(true);
    await store.door.setPolicy(AccessPolicy.parse({ timeZone: 'UTC', rules: [{ groups: ['staff'] }] }));
    expect(await isKept()).toBe(true);
    await store.audit.append({ kind: 'device-revoked', account: 'acct_a', deviceId: 'dev_a' });
    expect(await isKept()).toBe(true);
  });
});

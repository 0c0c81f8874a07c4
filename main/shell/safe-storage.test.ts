import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { safeStorageKekProvider, type Keychain } from './safe-storage.ts';

interface State {
  readonly available?: boolean;
  readonly backend?: ReturnType<Keychain['getSelectedStorageBackend']>;
  readonly mark?: string;
}

const flip = (bytes: Buffer): Buffer => Buffer.from(bytes.map((byte) => byte ^ 0x5a));

/** Stands for Electron's `safeStorage`, which needs Electron's binary and a keychain. */
function keychain({ available = true, backend = 'gnome_libsecret', mark = 'v11' }: State = {}): Keychain {
  let asked = false;
  return {
    isAsyncEncryptionAvailable: async () => {
      asked = true;
      return available;
    },
    // As Electron: unknown until the encryptor was asked for.
    getSelectedStorageBackend: () => (asked ? backend : 'unknown'),
    encryptStringAsync: async (text) => Buffer.concat([Buffer.from(mark), flip(Buffer.from(text))]),
    decryptStringAsync: async (sealed) => {
      if (!sealed.subarray(0, 3).equals(Buffer.from(mark))) throw new Error('Error while decrypting');
      return { shouldReEncrypt: false, result: flip(sealed.subarray(3)).toString() };
    },
  };
}

describe('the keychain', () => {
  it('returns the key that it took', async () => {
    const key = randomBytes(32);
    const provider = safeStorageKekProvider(keychain(), 'linux');
    const sealed = await provider.wrap(key);
    expect(sealed.includes(key)).toBe(false);
    expect(sealed.includes(key.toString('base64'))).toBe(false);
    expect(await provider.unwrap(sealed)).toEqual(key);
  });

  it.each<[string, State]>([
    ['there is no keyring', { backend: 'basic_text' }],
    ['it is not known which is used', { backend: 'unknown' }],
    ['it is locked', { available: false }],
    ['it fell back to a password that everybody knows', { mark: 'v10' }],
  ])('is refused when %s', async (_, state) => {
    const provider = safeStorageKekProvider(keychain(state), 'linux');
    await expect(provider.wrap(randomBytes(32))).rejects.toMatchObject({ code: 'store-key-unprotected' });
    const sealed = await keychain(state).encryptStringAsync('key');
    await expect(provider.unwrap(sealed)).rejects.toMatchObject({ code: 'store-key-unprotected' });
  });

  it('marks its keys as Linux marks weak ones on other systems, where that is no sign of weakness', async () => {
    const provider = safeStorageKekProvider(keychain({ mark: 'v10', backend: 'unknown' }), 'darwin');
    const key = randomBytes(32);
    expect(await provider.unwrap(await provider.wrap(key))).toEqual(key);
  });

  it('says that the key is wrong when another keychain sealed it', async () => {
    const sealed = await safeStorageKekProvider(keychain({ mark: 'v12' }), 'linux').wrap(randomBytes(32));
    await expect(safeStorageKekProvider(keychain(), 'linux').unwrap(sealed)).rejects.toMatchObject({
      code: 'store-key-wrong',
    });
  });
});

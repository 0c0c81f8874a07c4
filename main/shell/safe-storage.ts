import type { SafeStorage } from 'electron';
import { LintelError } from '#contract';
import type { KeptHeads, KekProvider } from '#core/store';

/** The part of Electron's `safeStorage` that is used. */
export type Keychain = Pick<
  SafeStorage,
  'isAsyncEncryptionAvailable' | 'encryptStringAsync' | 'decryptStringAsync' | 'getSelectedStorageBackend'
>;

/** Chromium marks with this what it encrypted on Linux with a password that everybody knows. */
const OBFUSCATED = Buffer.from('v10');

const unprotected = (): LintelError => new LintelError('store-key-unprotected', '(LINTEL_KEY_FILE)');

/**
 * Keeps the store's key with the operating system's keychain. Usable once Electron's app is ready.
 * @param heads keeps heads of audit logs: a keychain of Electron's seals, and keeps nothing itself
 * @throws (from its calls) LintelError `store-key-unprotected` where no keychain protects anything, `store-key-wrong`
 *   for a key of another user or machine
 */
export function safeStorageKekProvider(
  keychain: Keychain,
  platform = process.platform,
  heads: KeptHeads | null = null,
): KekProvider {
  async function requireKeychain(): Promise<void> {
    const linux = platform === 'linux';
    // Asked first: the answer of the backend is only known afterwards.
    const available = await keychain.isAsyncEncryptionAvailable();
    const named = !linux || !['basic_text', 'unknown'].includes(keychain.getSelectedStorageBackend());
    if (!available || !named) throw unprotected();
  }
  const requireSealed = (sealed: Buffer): Buffer => {
    if (platform === 'linux' && sealed.subarray(0, 3).equals(OBFUSCATED)) {
      throw unprotected();
    }
    return sealed;
  };
  return {
    kind: 'safe-storage',
    heads,
    epochs: null,
    wrap: async (dataKey) => {
      await requireKeychain();
      return requireSealed(await keychain.encryptStringAsync(dataKey.toString('base64')));
    },
    unwrap: async (sealed) => {
      await requireKeychain();
      try {
        const { result } = await keychain.decryptStringAsync(requireSealed(sealed));
        return Buffer.from(result, 'base64');
      } catch (error) {
        if (error instanceof LintelError) throw error;
        throw new LintelError('store-key-wrong', undefined, { cause: error });
      }
    },
  };
}

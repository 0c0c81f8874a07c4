import { createHmac, randomInt } from 'node:crypto';
import type { Face } from '#contract';
import { LOCAL_ACCOUNT, type Store } from '#core/store';

const DIGITS = 8;
const FORM = /^[0-9]{8}$/;
const KEY_ROW = 'access-code.key';

/** Codes that people give instead of their face. The store keeps only a keyed hash of each. */
export interface AccessCodes {
  /**
   * A new random code of eight digits for this person; a former one ends. It cannot be asked for again.
   * @throws LintelError `collection-not-found`, `face-not-found`
   */
  give(collectionId: string, faceId: string): Promise<string>;
  /** Whose code this is, or null. @throws LintelError `collection-not-found` */
  personOf(collectionId: string, code: string): Promise<Face | null>;
}

export function createAccessCodes(store: Store, account = LOCAL_ACCOUNT): AccessCodes {
  return {
    give: async (collectionId, faceId) => {
      const key = await store.sharedSecret(KEY_ROW);
      for (;;) {
        const code = String(randomInt(10 ** DIGITS)).padStart(DIGITS, '0');
        if (await store.setAccessCode(account, collectionId, faceId, hash(key, code))) return code;
      }
    },
    personOf: async (collectionId, code) => {
      if (!FORM.test(code)) return null;
      const key = await store.sharedSecret(KEY_ROW);
      return await store.faceByAccessCode(account, collectionId, hash(key, code));
    },
  };
}

const hash = (key: Uint8Array, code: string): Uint8Array => createHmac('sha256', key).update(code).digest();

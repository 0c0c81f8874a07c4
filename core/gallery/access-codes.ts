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
      for (;;) {
        const code = newAccessCode();
        const hash = (await hashAccessCode(store, code))!;
        if (await store.setAccessCode(account, collectionId, faceId, hash)) return code;
      }
    },
    personOf: async (collectionId, code) => {
      const hash = await hashAccessCode(store, code);
      return hash === null ? null : await store.faceByAccessCode(account, collectionId, hash);
    },
  };
}

/** Eight digits at random. */
export const newAccessCode = (): string => String(randomInt(10 ** DIGITS)).padStart(DIGITS, '0');

/** What the store keeps of a code; null: it is none. */
export async function hashAccessCode(store: Store, code: string): Promise<Uint8Array | null> {
  if (!FORM.test(code)) return null;
  return createHmac('sha256', await store.sharedSecret(KEY_ROW))
    .update(code)
    .digest();
}

import { readText } from './documents.ts';
import type { InStore } from './store-access.ts';

/** Of a password, and of certificates. */
const MOST_BYTES = 65_536;

/** How to sign in at a server of the operator. */
export interface SignIn extends InStore {
  readonly username?: string;
  readonly passwordFile?: string;
  readonly caFile?: string;
}

/** @returns a secret that is empty where there is no password @throws LintelError `usage` */
export async function readSignIn({ username, passwordFile, caFile }: SignIn) {
  const ca = caFile === undefined ? null : await readText(caFile, MOST_BYTES);
  const password = passwordFile === undefined ? '' : await readText(passwordFile, MOST_BYTES);
  return { username: username ?? null, ca, secret: password.replace(/\r?\n$/, '') };
}

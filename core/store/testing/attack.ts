import { createDecipheriv, hkdfSync } from 'node:crypto';
import { readdirSync } from 'node:fs';
import type { KekProvider } from '../keys/kek-provider.ts';
import { epochKeysIn } from '../keys/epoch-keys.ts';
import { KEY_BYTES, unseal } from '../keys/seal.ts';

/** A face that was erased, as far as an attacker can know it. */
export interface Target {
  readonly faceId: string;
  readonly modelId: string;
  /** Its template, sealed under the key of the face. */
  readonly template: Buffer;
  /** Its key in every form that lay in the table. */
  readonly sealedKeys: readonly Buffer[];
}

export interface Attack {
  /** How many of the forms of its key are somewhere in the files, and whether the template is. */
  readonly sealedKeys: number;
  readonly isTemplateThere: boolean;
  /** Keys of faces that open, of whatever face. */
  readonly opened: number;
  /** Whether one of them opens the template. */
  readonly opens: boolean;
}

/** Epoch, nonce, key, tag, after a byte for the form. */
const [HEAD, NONCE, TAG] = [5, 12, 16] as const;
const SEALED_KEY = HEAD + NONCE + KEY_BYTES + TAG;
/** PostgreSQL takes large values apart; the first piece is not shorter. */
const CHUNK = 1900;
/** PostgreSQL writes the length of a short value, and of this byte, in front of it. */
const LENGTH = ((SEALED_KEY + 1) << 1) | 1;

/**
 * What somebody can open who has every file of a cluster, its log included, and every key that is left beside the key file: tries
 * each key on every sealed key that is in the files, and what opens on the template.
 */
export async function attack(all: Buffer, provider: KekProvider, target: Target): Promise<Attack> {
  const keys = await keysAtHand(all, provider);
  // An update may be logged from the first byte on that differs: then only the end of the value is there.
  const known = target.sealedKeys.filter((sealed) => all.includes(sealed.subarray(HEAD)));
  const opened = [...known, ...sealedKeysIn(all)].flatMap((sealed) =>
    keys.flatMap((key) => openedBy(key, sealed) ?? []),
  );
  const context = `template\n${target.faceId}\n${target.modelId}`;
  return {
    sealedKeys: known.length,
    isTemplateThere: all.includes(target.template.subarray(0, CHUNK)),
    opened: new Set(opened.map((key) => key.toString('hex'))).size,
    opens: [...keys, ...opened].some((key) => unseal(key, target.template, context) !== null),
  };
}

/** The key of the store, the keys of epochs that are left, all that they open in the files, and what is derived of it. */
async function keysAtHand(all: Buffer, provider: KekProvider): Promise<Buffer[]> {
  const folder = provider.epochs!;
  const epochKeys = epochKeysIn(folder, provider);
  const keys: Buffer[] = [];
  for (const text of new Set(all.toString('latin1').match(/[A-Za-z0-9+/]{80}/g))) {
    const sealed = Buffer.from(text, 'base64');
    const tries = [
      provider.unwrap(sealed),
      ...readdirSync(folder).map((id) => epochKeys.unwrap(id, sealed)),
    ].map((trial) => trial.catch(() => null));
    for (const key of await Promise.all(tries)) if (key !== null) keys.push(key);
  }
  const derived = keys.map((key) =>
    Buffer.from(hkdfSync('sha256', key, '', 'lintel postgres value', KEY_BYTES)),
  );
  return [...keys, ...derived];
}

function* sealedKeysIn(all: Buffer): Generator<Buffer> {
  // The length, the form of bytes under an epoch, and the first bytes of its number.
  const sought = Buffer.of(LENGTH, 4, 0, 0, 0);
  for (let at = all.indexOf(sought); at >= 0; at = all.indexOf(sought, at + 1)) {
    const sealed = all.subarray(at + 1, at + 1 + SEALED_KEY);
    if (sealed.length === SEALED_KEY) yield sealed;
  }
}

function openedBy(key: Buffer, sealed: Buffer): Buffer | null {
  const body = sealed.subarray(HEAD);
  const decipher = createDecipheriv('aes-256-gcm', key, body.subarray(0, NONCE), { authTagLength: TAG });
  decipher.setAAD(sealed.subarray(0, HEAD));
  decipher.setAuthTag(body.subarray(-TAG));
  try {
    return Buffer.concat([decipher.update(body.subarray(NONCE, -TAG)), decipher.final()]);
  } catch {
    return null;
  }
}

import { createCipheriv, createDecipheriv, randomBytes, type KeyObject } from 'node:crypto';
import { LintelError } from '#contract';

const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/**
 * A message from node to node: nonce, ciphertext, tag (AES-256-GCM, NIST SP 800-38D). Only who has the key could make it, and
 * only who has the key can read it, whatever carries it.
 * @param about what it is and belongs to, authenticated along: an answer opens as that of its question only
 */
export function sealMessage(key: KeyObject, about: string, message: unknown): Buffer {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(about));
  return Buffer.concat([nonce, cipher.update(JSON.stringify(message)), cipher.final(), cipher.getAuthTag()]);
}

/** @throws LintelError `unauthenticated` for what was not sealed with this key, about this */
export function openMessage(key: KeyObject, about: string, sealed: Buffer): unknown {
  try {
    const nonce = sealed.subarray(0, NONCE_BYTES);
    const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_BYTES });
    decipher.setAAD(Buffer.from(about)).setAuthTag(sealed.subarray(-TAG_BYTES));
    const text = Buffer.concat([
      decipher.update(sealed.subarray(NONCE_BYTES, -TAG_BYTES)),
      decipher.final(),
    ]).toString();
    return JSON.parse(text);
  } catch (error) {
    throw new LintelError('unauthenticated', '', { cause: error });
  }
}

/** What an answer is about: the question, by its nonce and tag. */
export const answerTo = (question: Buffer): string =>
  `answer ${Buffer.concat([question.subarray(0, NONCE_BYTES), question.subarray(-TAG_BYTES)]).toString('base64')}`;

export const QUESTION = 'question';

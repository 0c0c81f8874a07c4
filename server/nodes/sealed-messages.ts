import type { KeyObject } from 'node:crypto';
import { LintelError } from '#contract';
import { seal, unseal } from '#core/store';

/**
 * A message from node to node. Only who has the key could make it, and only who has the key can read it, whatever carries it.
 * @param about what it is and belongs to, authenticated along: an answer opens as that of its question only
 */
export const sealMessage = (key: KeyObject, about: string, message: unknown): Buffer =>
  seal(key, Buffer.from(JSON.stringify(message)), about);

/** @throws LintelError `unauthenticated` for what was not sealed with this key, about this */
export function openMessage(key: KeyObject, about: string, sealed: Uint8Array): unknown {
  const text = unseal(key, sealed, about);
  if (text === null) throw new LintelError('unauthenticated');
  return JSON.parse(text.toString());
}

/** What an answer is about: the question, which is like no other by the random nonce that it begins with. */
export const answerTo = (question: Buffer): string => `answer ${question.toString('base64')}`;

export const QUESTION = 'question';

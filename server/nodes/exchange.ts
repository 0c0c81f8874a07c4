import { PassThrough } from 'node:stream';
import type { FastifyReply } from 'fastify';
import { LintelError, readBounded } from '#contract';
import type { Nodes } from '#core/store';
import { answerTo, openMessage, sealMessage } from './sealed-messages.ts';

/** How far the clocks of two nodes may differ. Who recorded a question could have it answered so long, and cannot read the answer. */
export const CLOCKS_MS = 5 * 60_000;

/** A node that says nothing for so long, not even that it is at it, does not answer. */
export const SILENCE_MS = 5000;

/** How often a node says that it is at it: some answers take their time. */
const STILL_MS = 1000;
const STILL = Buffer.of(0);
const BEGIN = Buffer.of(1);

/** Bytes of an answer: of a search for 1,000 faces, and of what is sent while it is made. */
const MOST_BYTES = 4e6;

export interface Question {
  /** Of the node that is asked. */
  readonly address: string;
  readonly path: string;
  /** What the message is, as whoever opens it expects. */
  readonly about: string;
  readonly message: unknown;
  /** What shows before the body who asks. */
  readonly authorization?: string;
  readonly silenceMs?: number;
}

/**
 * Ask another node. It is asked at the address that it gave, and nowhere that it answers with.
 * @returns the answer, opened, not parsed yet
 * @throws LintelError `busy` when it refuses or says nothing, `answer-too-large`, `unauthenticated`; TypeError without a connection
 */
export async function askNode({ key }: Pick<Nodes, 'key'>, asked: Question): Promise<unknown> {
  const { address, path, about, message, authorization, silenceMs = SILENCE_MS } = asked;
  const question = sealMessage(key, about, message);
  const silence = new AbortController();
  const timer = setTimeout(() => silence.abort(new LintelError('busy')), silenceMs);
  try {
    const response = await fetch(new URL(path, address), {
      method: 'POST',
      headers: {
        'content-type': 'application/octet-stream',
        ...(authorization !== undefined && { authorization }),
      },
      body: new Uint8Array(question),
      redirect: 'error',
      signal: silence.signal,
    });
    if (!response.ok) throw new LintelError('busy', `(${response.status})`);
    const answer = await readBounded(response, MOST_BYTES, () => timer.refresh());
    // What comes before it said that it is being made.
    const begin = answer.findIndex((byte) => byte !== 0);
    return openMessage(key, answerTo(question), answer.subarray(begin + 1));
  } finally {
    clearTimeout(timer);
  }
}

/** Answer another node once `made` is there, and say until then that it is being made. @param made does not fail */
export async function answerNode(
  reply: FastifyReply,
  { key }: Pick<Nodes, 'key'>,
  question: Buffer,
  made: Promise<unknown>,
): Promise<FastifyReply> {
  const answer = new PassThrough();
  const still = setInterval(() => answer.write(STILL), STILL_MS);
  void made.then((message) =>
    answer.end(Buffer.concat([BEGIN, sealMessage(key, answerTo(question), message)])),
  );
  answer.once('close', () => clearInterval(still));
  return await reply.type('application/octet-stream').send(answer);
}

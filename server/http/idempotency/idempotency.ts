import { createHash, timingSafeEqual } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { LintelError } from '#contract';
import type { Reply, ReplyStore } from '#core/store';

export const IdempotencyKey = z.string().regex(/^[\x20-\x7e]{1,255}$/);

/** A request that may arrive more than once. */
export interface Repeatable {
  readonly account: string;
  readonly key: string;
  readonly fingerprint: Buffer;
}

export interface Answer {
  readonly body: unknown;
  readonly isReplayed: boolean;
}

/** Between two looks whether another server has answered, and how many: a minute's. */
const LOOK_MS = 50;
const LOOKS = 1200;

/** What tells a request that is repeated from another under the same key. */
export const fingerprintOf = (endpoint: string, input: unknown): Buffer =>
  createHash('sha256').update(endpoint).update('\0').update(JSON.stringify(input)).digest();

/**
 * Does the work of a request once and answers its repetitions alike, also while the first is under way, at whichever server,
 * and after a restart. Refusals are not kept: they change nothing, so trying again is right.
 */
export class Idempotency {
  readonly #replies: ReplyStore;
  readonly #running = new Map<string, { fingerprint: Buffer; answer: Promise<Answer> }>();

  constructor(replies: ReplyStore) {
    this.#replies = replies;
  }

  /** @throws `idempotency-key-reused`, and what `work` throws */
  async run(request: Repeatable, work: () => Promise<unknown>): Promise<Answer> {
    const name = `${request.account} ${request.key}`;
    const running = this.#running.get(name);
    if (running !== undefined) {
      requireSame(running.fingerprint, request.fingerprint);
      return { ...(await running.answer), isReplayed: true };
    }
    const answer = this.#answer(request, work);
    this.#running.set(name, { fingerprint: request.fingerprint, answer });
    try {
      return await answer;
    } finally {
      this.#running.delete(name);
    }
  }

  async #answer({ account, key, fingerprint }: Repeatable, work: () => Promise<unknown>): Promise<Answer> {
    const reply = await this.#begin(account, key);
    if (reply !== null) {
      requireSame(reply.fingerprint, fingerprint);
      return { body: JSON.parse(reply.body), isReplayed: true };
    }
    try {
      const body = await work();
      await this.#replies.save(account, key, { fingerprint, body: JSON.stringify(body) });
      return { body, isReplayed: false };
    } catch (error) {
      await this.#replies.abandon(account, key).catch(() => undefined);
      throw error;
    }
  }

  /** The answer that there is already; null: it is to be made here. @throws `busy` while another server makes it for long */
  async #begin(account: string, key: string): Promise<Reply | null> {
    for (let looks = 0; looks < LOOKS; looks++) {
      const begun = await this.#replies.begin(account, key);
      if (begun === 'begun') return null;
      if (begun !== 'under-way') return begun;
      await sleep(LOOK_MS);
    }
    throw new LintelError('busy');
  }
}

function requireSame(before: Uint8Array, now: Uint8Array): void {
  if (!timingSafeEqual(before, now)) throw new LintelError('idempotency-key-reused');
}

import { createHash, randomBytes } from 'node:crypto';
import { LintelError, type Proof } from '#contract';

/** How long the server of a site may take to redeem one, in milliseconds. */
const KEEP_MS = 5 * 60_000;

/** Most open proofs of one account; beyond it the oldest end. */
const MOST = 10_000;

interface Kept {
  readonly proof: Proof;
  readonly endsAt: number;
}

/**
 * What visits to an account's pages proved, until the server of the site asks. A page can say what it likes; only what this
 * server says counts. In memory: who was not redeemed before a restart signs in again.
 */
export class Proofs {
  readonly #kept = new Map<string, Kept>();
  readonly #now: () => number;

  /** @param now monotonic clock in milliseconds */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** @returns what it is redeemed by */
  add(proof: Proof): string {
    const now = this.#now();
    for (const [name, { endsAt }] of this.#kept) {
      if (endsAt > now && this.#kept.size < MOST) break;
      this.#kept.delete(name);
    }
    const secret = `proof_${randomBytes(32).toString('base64url')}`;
    this.#kept.set(nameOf(secret), { proof, endsAt: now + KEEP_MS });
    return secret;
  }

  /** Once. @throws `proof-unknown` */
  redeem(secret: string): Proof {
    const name = nameOf(secret);
    const kept = this.#kept.get(name);
    this.#kept.delete(name);
    if (kept === undefined || kept.endsAt <= this.#now()) throw new LintelError('proof-unknown');
    return kept.proof;
  }
}

/** Looked up by its hash, no timing tells how much of a guess is right. */
const nameOf = (secret: string): string => createHash('sha256').update(secret).digest('hex');

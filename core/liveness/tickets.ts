import { randomBytes } from 'node:crypto';
import { LintelError, type ChallengeStep, type VisitTicket } from '#contract';
import { LIMITS } from './limits.ts';

/** Milliseconds for everything around the steps: finding the face, coming to rest, the frontal frames. */
const AROUND_STEPS_MS = 30_000;

/** Frontal frames that a visit needs at least. */
export const FRONTAL_FRAMES = 3;

/** A visit that was begun, until its frames are submitted. */
export interface OpenVisit<C> {
  readonly challenge: readonly ChallengeStep[];
  readonly stepMs: number;
  /** Of the clock that the tickets go by. */
  readonly openedAt: number;
  /** What the visit is about. */
  readonly context: C;
}

/** The visits that were begun and not submitted yet. Each ticket can be taken once, within its time. */
export class Tickets<C = null> {
  readonly #open = new Map<string, OpenVisit<C> & { readonly expiresAt: number }>();
  readonly #most: number;
  readonly #now: () => number;

  /**
   * @param most that are open at once: beyond it the oldest ends
   * @param now monotonic clock in milliseconds
   */
  constructor(most: number, now: () => number = () => performance.now()) {
    this.#most = most;
    this.#now = now;
  }

  /** @param stepMs milliseconds for each step */
  issue(challenge: readonly ChallengeStep[], stepMs: number, context: C): VisitTicket {
    const [oldest] = this.#open.keys();
    if (oldest !== undefined && this.#open.size >= this.#most) this.#open.delete(oldest);
    const visitId = `visit_${randomBytes(16).toString('hex')}`;
    const expiresInMs = AROUND_STEPS_MS + challenge.length * (stepMs + LIMITS.betweenStepsMs);
    const openedAt = this.#now();
    this.#open.set(visitId, { challenge, stepMs, openedAt, context, expiresAt: openedAt + expiresInMs });
    return { visitId, challenge: [...challenge], stepMs, frameCount: FRONTAL_FRAMES, expiresInMs };
  }

  /** End a visit whose frames are here. @throws LintelError `visit-unknown`, `visit-expired` */
  take(visitId: string): OpenVisit<C> & { readonly submittedAt: number } {
    const submittedAt = this.#now();
    const visit = this.#open.get(visitId);
    this.#open.delete(visitId);
    if (visit === undefined) throw new LintelError('visit-unknown');
    if (submittedAt > visit.expiresAt) throw new LintelError('visit-expired');
    const { challenge, stepMs, openedAt, context } = visit;
    return { challenge, stepMs, openedAt, context, submittedAt };
  }

  /** What an open visit is about, without taking it. */
  contextOf(visitId: string): C | undefined {
    return this.#open.get(visitId)?.context;
  }

  cancel(visitId: string): void {
    this.#open.delete(visitId);
  }
}

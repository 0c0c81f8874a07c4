import { randomBytes } from 'node:crypto';
import { LintelError, type AssuranceLevel, type ChallengeStep, type VisitTicket } from '#contract';
import { LIMITS } from './limits.ts';

/** Milliseconds for everything around the steps: finding the face, coming to rest, the frontal frames. */
const AROUND_STEPS_MS = 30_000;

/** Frontal frames that a visit needs at least: with steps, and where a visitor is only recognised. */
export const FRONTAL_FRAMES = 3;
const FRONTAL_FRAMES_ALONE = 2;

/** What is asked of a visitor. */
export interface Asked {
  readonly level: AssuranceLevel;
  readonly challenge: readonly ChallengeStep[];
  /** Milliseconds for each step. */
  readonly stepMs: number;
}

/** A visit that was begun, until its frames are submitted. */
export interface OpenVisit<C> extends Asked {
  /** Frontal frames that it needs at least. */
  readonly frameCount: number;
  /** Of the clock that the tickets go by. */
  readonly openedAt: number;
  /** What the visit is about. */
  readonly context: C;
}

/** With the timer that ends it where no call does. */
interface Open<C> {
  readonly visit: OpenVisit<C>;
  readonly expiresAt: number;
  timer: NodeJS.Timeout;
}

/** The visits that were begun and not submitted yet. Each ticket can be taken once, within its time. */
export class Tickets<C = null> {
  readonly #open = new Map<string, Open<C>>();
  readonly #most: number;
  readonly #now: () => number;
  readonly #onLost: (context: C) => void;

  /**
   * @param most that are open at once: beyond it the oldest ends
   * @param now monotonic clock in milliseconds
   * @param onLost called with what a visit was about that ended before its frames were submitted
   */
  constructor(
    most: number,
    now: () => number = () => performance.now(),
    onLost: (context: C) => void = () => undefined,
  ) {
    this.#most = most;
    this.#now = now;
    this.#onLost = onLost;
  }

  issue(asked: Asked, context: C): VisitTicket {
    const [oldest] = this.#open.keys();
    if (oldest !== undefined && this.#open.size >= this.#most) this.cancel(oldest);
    const { level, challenge, stepMs } = asked;
    const visitId = `visit_${randomBytes(16).toString('hex')}`;
    const expiresInMs = AROUND_STEPS_MS + challenge.length * (stepMs + LIMITS.betweenStepsMs);
    const frameCount = challenge.length > 0 ? FRONTAL_FRAMES : FRONTAL_FRAMES_ALONE;
    const openedAt = this.#now();
    this.#open.set(visitId, {
      visit: { ...asked, frameCount, openedAt, context },
      expiresAt: openedAt + expiresInMs,
      timer: this.#endAfter(expiresInMs, visitId),
    });
    return { visitId, level, challenge: [...challenge], stepMs, frameCount, expiresInMs };
  }

  /** An open visit, which stays open. @throws LintelError `visit-unknown`, `visit-expired`; then it has ended */
  find(visitId: string): OpenVisit<C> {
    const open = this.#open.get(visitId);
    if (open === undefined) throw new LintelError('visit-unknown');
    if (this.#now() <= open.expiresAt) return open.visit;
    this.cancel(visitId);
    throw new LintelError('visit-expired');
  }

  /** End a visit whose frames are here. @throws LintelError `visit-unknown`, `visit-expired` */
  take(visitId: string): OpenVisit<C> & { readonly submittedAt: number } {
    const submittedAt = this.#now();
    const visit = this.find(visitId);
    this.#remove(visitId);
    return { ...visit, submittedAt };
  }

  /** What an open visit is about, without taking it. */
  contextOf(visitId: string): C | undefined {
    return this.#open.get(visitId)?.visit.context;
  }

  /** @returns the visit that ends by this; null: it was over, or never open */
  cancel(visitId: string): OpenVisit<C> | null {
    const open = this.#remove(visitId);
    if (open === undefined) return null;
    this.#onLost(open.visit.context);
    return open.visit;
  }

  /** End every visit that is open. */
  cancelAll(): void {
    for (const visitId of this.#open.keys()) this.cancel(visitId);
  }

  /** By the clock that the tickets go by, of which a timer knows nothing. */
  #endAfter(milliseconds: number, visitId: string): NodeJS.Timeout {
    return setTimeout(() => {
      // A visit that has ended has no timer.
      const open = this.#open.get(visitId)!;
      const left = open.expiresAt - this.#now();
      if (left > 0) open.timer = this.#endAfter(left, visitId);
      else this.cancel(visitId);
    }, milliseconds).unref();
  }

  #remove(visitId: string): Open<C> | undefined {
    const open = this.#open.get(visitId);
    clearTimeout(open?.timer);
    this.#open.delete(visitId);
    return open;
  }
}

import { LintelError, type ChallengeStep } from '#contract';
import { createChallenges, type Challenges } from '#core/liveness';

/**
 * People of one account who are remembered at once; beyond it, those who tried longest ago are forgotten, and of them first
 * those without failures: a page that names people as it likes must not end a pause by naming many.
 */
const MOST_PEOPLE = 5_000;

/** Failures in a row before the first pause, its length, and the longest: each further failure doubles it. Pictures that
 * tell nothing are half a failure: who can try them without end has all challenges to choose from. */
const FREE = 4;
const FIRST_PAUSE_MS = 30_000;
const LONGEST_PAUSE_MS = 15 * 60_000;

interface Person {
  readonly challenges: Challenges;
  failures: number;
  pausedUntil: number;
}

/**
 * The tries of each person of an account to sign in by web pages, whatever the page. As at an appliance, a challenge stays
 * until it is answered or its minute is over, and failures in a row pause, so that no attacker begins until a recording fits.
 */
export class Attempts {
  readonly #people = new Map<string, Person>();
  readonly #now: () => number;

  /** @param now monotonic clock in milliseconds */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** @throws `rate-limited` while paused, or after too many draws; `challenge-impossible` */
  challenge(
    user: string,
    allowed: readonly ChallengeStep[],
    avoid: readonly ChallengeStep[],
  ): ChallengeStep[] {
    this.admit(user);
    return this.#person(user).challenges.next(allowed, avoid);
  }

  /** @throws `rate-limited` while paused */
  admit(user: string): void {
    const wait = this.#person(user).pausedUntil - this.#now();
    const seconds = Math.ceil(wait / 1000);
    if (wait > 0) throw new LintelError('rate-limited', `(${seconds} s)`, { retryAfter: seconds });
  }

  /** A visit was decided. @param outcome unsure: its pictures could not answer */
  note(user: string, outcome: 'passed' | 'failed' | 'unsure'): void {
    const person = this.#person(user);
    if (outcome !== 'unsure') person.challenges.answered();
    person.failures = outcome === 'passed' ? 0 : person.failures + (outcome === 'unsure' ? 0.5 : 1);
    const over = Math.floor(person.failures - FREE);
    const pause = over < 1 ? 0 : Math.min(FIRST_PAUSE_MS * 2 ** (over - 1), LONGEST_PAUSE_MS);
    person.pausedUntil = this.#now() + pause;
  }

  #person(user: string): Person {
    const person = this.#people.get(user) ?? {
      challenges: createChallenges(this.#now),
      failures: 0,
      pausedUntil: -Infinity,
    };
    // The last entry in order is the user that tried last.
    this.#people.delete(user);
    this.#people.set(user, person);
    if (this.#people.size > MOST_PEOPLE) this.#forgetOneBut(person);
    return person;
  }

  #forgetOneBut(newest: Person): void {
    const [oldest] = this.#people.keys();
    const [unfailed] =
      this.#people.entries().find(([, person]) => person !== newest && person.failures === 0) ?? [];
    this.#people.delete(unfailed ?? oldest ?? '');
  }
}

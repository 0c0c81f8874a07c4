import { LintelError, type Decision, type Direction } from '#contract';
import { Turns } from '#core/serial';
import { newEventId } from '#core/store';
import type { Lockout, LockoutRule } from '../lockout/index.ts';
import type { Log } from '../process/index.ts';
import type { Admission, Admit, Attend, Bearer, VisitListener, VisitRecord } from './visit-record.ts';

/** The separate counts of failures: a pause of one leaves the other ways open. */
export interface AttemptLockouts {
  /** Visits that showed no live person. */
  readonly liveness: Lockout;
  /** Visits whose pictures could not answer. They cost an attacker nothing, so their number is limited too. */
  readonly unsure: Lockout;
  /** Codes that no person has, in a row. */
  readonly codes: Lockout;
  /** The same since somebody was let in by a code who had not been for {@link SLOW_MS}. It never pauses, and ends in the same lock. */
  readonly slowCodes: Lockout;
}

/**
 * When each pauses: the first failure that is not free for 30 s, each further one for twice as long, at most 15 min.
 * Overall limits and the pause after five follow NIST SP 800-63B-4, section 3.2: at most 100 failures in a row of a
 * biometric with detection of presentation attacks; half of that for codes. A disk that takes nothing ends neither recognition
 * nor the counting.
 */
export const ATTEMPT_RULES = {
  liveness: { free: 4, most: 100, mayWait: true },
  unsure: { free: 9, most: Infinity, mayWait: true },
  codes: { free: 4, most: 50, mayWait: true },
  slowCodes: { free: 49, most: 50, mayWait: true },
} as const satisfies Record<keyof AttemptLockouts, LockoutRule>;

/**
 * Milliseconds for which an end waits for listeners. A shell ends the process 20 s after it was told to, whatever is open
 * then: one listener that hangs must not take the time of all that is closed after it.
 */
export const LISTENERS_MS = 8_000;

/**
 * Milliseconds within which the grants of one person clear the slow count of wrong codes once. Else who has a code could guess
 * at others without end, and end the count by their own each time. Honest mistakes stay far below it: whoever comes for the
 * first time that day begins it anew.
 */
export const SLOW_MS = 24 * 3_600_000;

/** How a visitor asks to be let in. */
export type Way = 'face' | 'code';

/**
 * Counts attempts to be let in, and pauses a way in when too many fail there in a row. A live stranger counts for nothing:
 * a person who is not enrolled cannot shut the door for those who are. A grant clears the failures of its way once the access
 * rules have agreed to it, an operator all of them.
 */
export interface AttemptGuard {
  /** @throws LintelError `kiosk-paused`, `kiosk-locked` */
  admit(way: Way): Promise<void>;
  /**
   * Looks at a face or a code where its way is open. One at a time each way: of many that come at once, each failure counts
   * before the next is looked at.
   * @throws LintelError `kiosk-paused`, `kiosk-locked`, and what `look` throws
   */
  attempt<T>(way: Way, look: () => Promise<T>): Promise<T>;
  /**
   * Counts a decision before it is told, asks the access rules about a person who was recognised, then tells the
   * listeners. A person that a rule denies is no failure, and clears none.
   * @param chosen which way, in attendance
   * @param bearer who shows a card
   * @param live whether a live person was seen; null where that was not asked, which counts for nothing
   * @returns the decision as it stands then
   */
  settleVisit(
    decision: Decision,
    live: boolean | null,
    visit: Pick<
      VisitRecord,
      'visitId' | 'level' | 'doubts' | 'challenge' | 'scores' | 'online' | 'sessionId'
    >,
    chosen?: Direction | null,
    bearer?: Bearer,
  ): Promise<Decision>;
  /** The same of a code. @param bearer whose code it is, if they are expected and have no face here */
  settleCode(decision: Decision, bearer?: Bearer): Promise<Decision>;
  /** Milliseconds until faces are looked at again; 0 when they are, Infinity when not before an operator signs in. */
  pausedFor(): Promise<number>;
  /** Visits in a row that showed no live person. */
  failures(): Promise<number>;
  /** An operator signed in: all failures are forgotten. */
  forgive(): Promise<void>;
  /** Resolves when the listeners have finished, at the latest after {@link LISTENERS_MS}. */
  close(): Promise<void>;
}

export interface AttemptGuardOptions {
  readonly lockouts: AttemptLockouts;
  /** The access rules. */
  readonly admit: Admit;
  /** By default, this is no attendance. */
  readonly attend?: Attend;
  /** Called with each decided visit, in this order. */
  readonly onDecided: readonly VisitListener[];
  /** Called when faces have just been paused. */
  readonly onPaused: () => void | Promise<void>;
  readonly log: Log;
  /** Monotonic clock in milliseconds. */
  readonly now?: (() => number) | undefined;
}

export function createAttemptGuard({
  lockouts,
  admit: askRules,
  attend = async () => null,
  onDecided,
  onPaused,
  log,
  now = () => performance.now(),
}: AttemptGuardOptions): AttemptGuard {
  const { liveness, unsure, codes, slowCodes } = lockouts;

  const pausedFor = async (): Promise<number> =>
    Math.max(await liveness.remaining(), await unsure.remaining());
  const codesPausedFor = async (): Promise<number> =>
    Math.max(await codes.remaining(), await slowCodes.remaining());

  /** @returns the milliseconds for which faces are paused by it */
  async function count(outcome: Decision['outcome'], live: boolean): Promise<number> {
    // A live visit does not clear the count of failures: with an accomplice, an attacker would have endless tries.
    if (live) await unsure.reset();
    else return await (outcome === 'undecided' ? unsure : liveness).failed();
    return 0;
  }

  /** Who has cleared the slow count of wrong codes, and when, the earliest first. */
  const cleared = new Map<string, number>();

  async function clearCodes(who: string): Promise<void> {
    await codes.reset();
    for (const [earliest, at] of cleared) {
      if (now() - at < SLOW_MS) break;
      cleared.delete(earliest);
    }
    if (cleared.has(who)) return;
    cleared.set(who, now());
    await slowCodes.reset();
  }

  /** Calls of listeners that have not ended. */
  const telling = new Set<Promise<void>>();

  /** A listener neither delays a decision nor undoes it, and one that fails does not stop the others. */
  const tell = (listener: () => void | Promise<void>): void => {
    const told = Promise.try(listener)
      .catch((error: unknown) => log.error({ err: error }, 'a listener of visits failed'))
      .finally(() => telling.delete(told));
    telling.add(told);
  };

  /** @returns the decision that the access rules leave */
  const conclude = async (
    recognised: Decision,
    visit: Omit<
      VisitRecord,
      'eventId' | 'time' | 'outcome' | 'reasons' | 'faceId' | 'detail' | 'direction' | 'visitorId' | 'cardId'
    >,
    chosen: Direction | null = null,
    bearer?: Bearer,
  ): Promise<Decision> => {
    const isGranted = recognised.outcome === 'granted';
    const { decision, detail }: Admission = isGranted
      ? await askRules(recognised, visit.level, bearer)
      : { decision: recognised, detail: null };
    const { outcome, reasons } = decision;
    const faceId = recognised.person?.faceId ?? null;
    const { visitorId, cardId } = bearer ?? {};
    // Who was denied has gone nowhere, and a visitor who was kept inside is still here.
    const direction =
      outcome === 'granted' ? (bearer?.direction ?? (await attend(faceId ?? cardId ?? null, chosen))) : null;
    const way = direction && { direction };
    const known = { ...(visitorId !== undefined && { visitorId }), ...(cardId !== undefined && { cardId }) };
    const record = {
      ...visit,
      ...way,
      ...known,
      eventId: newEventId(),
      time: new Date().toISOString(),
      outcome,
      reasons,
      faceId,
      detail,
    };
    for (const listener of onDecided) tell(() => listener(record));
    return way === null ? decision : { ...decision, ...way };
  };

  const turns = new Turns();

  async function admit(way: Way): Promise<void> {
    const wait = way === 'face' ? await pausedFor() : await codesPausedFor();
    if (wait === Infinity) throw new LintelError('kiosk-locked');
    if (wait > 0) throw new LintelError('kiosk-paused', `(${Math.ceil(wait / 1000)} s)`);
  }

  return {
    admit,
    attempt: (way, look) =>
      turns.take(way, async () => {
        await admit(way);
        return await look();
      }),
    async settleVisit(decision, live, visit, chosen, bearer) {
      const pause = live === null ? 0 : await count(decision.outcome, live);
      const concluded = await conclude(decision, visit, chosen, bearer);
      if (live !== null && concluded.outcome === 'granted') await liveness.reset();
      if (pause > 0) tell(onPaused);
      return concluded;
    },
    async settleCode(decision, bearer) {
      if (decision.outcome !== 'granted') {
        await codes.failed();
        await slowCodes.failed();
      }
      const visit = { visitId: null, level: 'code', challenge: [], scores: null } as const;
      const concluded = await conclude(decision, visit, null, bearer);
      const who = decision.person?.faceId ?? bearer?.visitorId;
      if (concluded.outcome === 'granted' && who !== undefined) await clearCodes(who);
      return concluded;
    },
    pausedFor,
    failures: () => liveness.count(),
    async forgive() {
      await Promise.all(Object.values(lockouts).map((lockout: Lockout) => lockout.reset()));
    },
    async close() {
      const over = Promise.withResolvers<void>();
      const timer = setTimeout(() => {
        log.error({ listeners: telling.size }, 'listeners of visits have not finished');
        over.resolve();
      }, LISTENERS_MS);
      await Promise.race([Promise.all(telling), over.promise]);
      clearTimeout(timer);
    },
  };
}

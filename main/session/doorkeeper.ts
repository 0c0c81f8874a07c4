import { LintelError, type Decision } from '#contract';
import type { Lockout, LockoutRule } from '../lockout.ts';
import { createQueue } from '../queue.ts';
import type { RecordVisit, VisitRecord } from './visit-record.ts';

/** What is counted, each by itself: a pause of one leaves the other ways open. */
export interface DoorLockouts {
  /** Visits in which nobody was live. */
  readonly liveness: Lockout;
  /** Visits whose pictures did not suffice to tell: they cost nothing, and must not be tried without end. */
  readonly unsure: Lockout;
  /** Codes that nobody has. */
  readonly codes: Lockout;
}

/**
 * When each pauses: the first failure that is not free for 30 s, each further one for twice as long, at most 15 min.
 * Overall limits and the pause after five follow NIST SP 800-63B-4, section 3.2: at most 100 failures in a row of a
 * biometric with detection of presentation attacks; half of that for codes.
 */
export const DOOR_RULES = {
  liveness: { free: 4, most: 100 },
  unsure: { free: 9, most: Infinity },
  codes: { free: 4, most: 50 },
} as const satisfies Record<keyof DoorLockouts, LockoutRule>;

/** How somebody asks to be let in. */
export type Way = 'face' | 'code';

/**
 * Lets visitors try, and pauses a way in when too much fails there in a row. A live stranger counts for nothing: whoever
 * is not enrolled cannot shut the door for those who are. A grant makes its way forget the failures, an operator all.
 */
export interface Doorkeeper {
  /** @throws LintelError `kiosk-paused`, `kiosk-locked` */
  admit(way: Way): Promise<void>;
  /**
   * Looks at a face or a code where its way is open. One at a time each way: of many that come at once, each failure counts
   * before the next is looked at.
   * @throws LintelError `kiosk-paused`, `kiosk-locked`, and what `look` throws
   */
  attempt<T>(way: Way, look: () => Promise<T>): Promise<T>;
  /**
   * Counts and records a decision before anybody learns of it.
   * @param live whether a live person was seen
   * @returns the decision
   */
  settleVisit(
    decision: Decision,
    live: boolean,
    visit: Pick<VisitRecord, 'visitId' | 'challenge' | 'scores' | 'online'>,
  ): Promise<Decision>;
  /** The same of a code. */
  settleCode(decision: Decision): Promise<Decision>;
  /** Milliseconds until faces are looked at again; 0 when they are, Infinity when not before an operator signs in. */
  pausedFor(): Promise<number>;
  /** An operator signed in: all failures are forgotten. */
  forgive(): Promise<void>;
}

export interface DoorkeeperOptions {
  readonly lockouts: DoorLockouts;
  readonly recordVisit: RecordVisit;
  /** Called when faces have just been paused. */
  readonly onPause: () => void | Promise<void>;
}

export function createDoorkeeper({ lockouts, recordVisit, onPause }: DoorkeeperOptions): Doorkeeper {
  const { liveness, unsure, codes } = lockouts;

  const pausedFor = async (): Promise<number> =>
    Math.max(await liveness.remaining(), await unsure.remaining());

  /** @returns the milliseconds for which faces are paused by it */
  async function count(outcome: Decision['outcome'], live: boolean): Promise<number> {
    if (outcome === 'granted') await liveness.reset();
    // A live visit does not end the count of those that were not: an accomplice would buy as many tries as one likes.
    if (live) await unsure.reset();
    else return await (outcome === 'undecided' ? unsure : liveness).failed();
    return 0;
  }

  const record = async (
    { outcome, reasons, person }: Decision,
    visit: Omit<VisitRecord, 'time' | 'outcome' | 'reasons' | 'faceId'>,
  ): Promise<void> =>
    await recordVisit({
      ...visit,
      time: new Date().toISOString(),
      outcome,
      reasons,
      faceId: person?.faceId ?? null,
    });

  const queues = { face: createQueue(), code: createQueue() };

  async function admit(way: Way): Promise<void> {
    const wait = await (way === 'face' ? pausedFor() : codes.remaining());
    if (wait === Infinity) throw new LintelError('kiosk-locked');
    if (wait > 0) throw new LintelError('kiosk-paused', `(${Math.ceil(wait / 1000)} s)`);
  }

  return {
    admit,
    attempt: (way, look) =>
      queues[way](async () => {
        await admit(way);
        return await look();
      }),
    async settleVisit(decision, live, visit) {
      const pause = await count(decision.outcome, live);
      await record(decision, visit);
      if (pause > 0) await onPause();
      return decision;
    },
    async settleCode(decision) {
      if (decision.outcome === 'granted') await codes.reset();
      else await codes.failed();
      await record(decision, { visitId: null, challenge: [], scores: null });
      return decision;
    },
    pausedFor,
    async forgive() {
      await Promise.all([liveness.reset(), unsure.reset(), codes.reset()]);
    },
  };
}

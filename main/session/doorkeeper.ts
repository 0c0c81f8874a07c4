import { LintelError, type Decision } from '#contract';
import type { Lockout } from '../lockout.ts';
import type { RecordVisit, VisitRecord } from './visit-record.ts';

/**
 * Lets visitors try, and pauses the kiosk when too many fail in a row, by face or by code: five failures pause it for
 * 30 s, each further one for twice as long, at most 15 min. A grant makes it forget them.
 */
export interface Doorkeeper {
  /** @throws LintelError `kiosk-paused` */
  admit(): Promise<void>;
  /** Counts and records a decision before anybody learns of it. @returns the decision */
  settle(
    decision: Decision,
    visit: Pick<VisitRecord, 'visitId' | 'challenge' | 'scores' | 'online'>,
  ): Promise<Decision>;
  /** Milliseconds until visitors may try again; 0 when they may. */
  pausedFor(): Promise<number>;
}

export interface DoorkeeperOptions {
  readonly lockout: Lockout;
  readonly recordVisit: RecordVisit;
  /** Called when the kiosk has just been paused. */
  readonly onPause: () => void | Promise<void>;
}

export function createDoorkeeper({ lockout, recordVisit, onPause }: DoorkeeperOptions): Doorkeeper {
  return {
    async admit() {
      const wait = await lockout.remaining();
      if (wait > 0) throw new LintelError('kiosk-paused', `(${Math.ceil(wait / 1000)} s)`);
    },
    async settle(decision, visit) {
      const { outcome, reasons, person } = decision;
      const pausedFor = outcome === 'denied' ? await lockout.failed() : 0;
      if (outcome === 'granted') await lockout.reset();
      await recordVisit({
        ...visit,
        time: new Date().toISOString(),
        outcome,
        reasons,
        faceId: person?.faceId ?? null,
      });
      if (pausedFor > 0) await onPause();
      return decision;
    },
    pausedFor: () => lockout.remaining(),
  };
}

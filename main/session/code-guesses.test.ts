import { pino } from 'pino';
import { beforeEach, describe, expect, it } from 'vitest';
import type { Decision, LintelError } from '#contract';
import type { SqlStore } from '#core/store';
import { temporaryStore } from '../../core/store/testing/temporary-store.ts';
import { createLockout } from '../lockout/index.ts';
import { ATTEMPT_RULES, createAttemptGuard, type AttemptGuard } from './index.ts';

const ADA = `face_${'a'.repeat(32)}`;
const BEN = `face_${'b'.repeat(32)}`;
const WRONG_CODE: Decision = { outcome: 'denied', reasons: ['code-wrong'], hints: [], person: null };

let store: SqlStore;
let time: number;
let guard: AttemptGuard;

/** As after a start. */
function guardOf(): AttemptGuard {
  const lockoutOf = (what: keyof typeof ATTEMPT_RULES) =>
    createLockout(store, what, () => time, ATTEMPT_RULES[what]);
  return createAttemptGuard({
    lockouts: {
      liveness: lockoutOf('liveness'),
      unsure: lockoutOf('unsure'),
      codes: lockoutOf('codes'),
      slowCodes: lockoutOf('slowCodes'),
    },
    admit: async (decision) => ({ decision, detail: null }),
    onDecided: [],
    onPaused: () => undefined,
    log: pino({ level: 'silent' }),
    now: () => time,
  });
}

beforeEach(async () => {
  const place = await temporaryStore();
  ({ store } = place);
  time = 1_700_000_000_000;
  guard = guardOf();
  return place.remove;
});

describe('a code', () => {
  /** As somebody by their own code, in between to end the count. */
  const grant = (faceId: string): Promise<Decision> =>
    guard.settleCode({ outcome: 'granted', reasons: ['code'], hints: [], person: { faceId, name: null } });
  /** @returns wrong codes until no further one is looked at, at most 500 */
  const guessBetween = async (faceIds: readonly string[]): Promise<number> => {
    for (let guesses = 0; guesses < 500; guesses++) {
      if (guesses % 4 === 0) await grant(faceIds[(guesses / 4) % faceIds.length]!);
      const refused = await guard.admit('code').then(
        () => null,
        (error: LintelError) => error.code,
      );
      if (refused !== null) {
        expect(refused).toBe('kiosk-locked');
        return guesses;
      }
      await guard.settleCode(WRONG_CODE);
    }
    return 500;
  };

  it('that opens does not let its holder guess at others without end', async () => {
    expect(await guessBetween([ADA])).toBe(50);
    await guard.forgive();
    // The other one is here for the first time that day.
    expect(await guessBetween([ADA, BEN])).toBe(54);
    guard = guardOf();
    await expect(guard.admit('code')).rejects.toMatchObject({ code: 'kiosk-locked' });
  });

  it('that opens to somebody for the first time in a day forgives the mistakes of a busy reception', async () => {
    for (let day = 0; day < 2; day++) {
      for (let person = 0; person < 20; person++) {
        for (let mistakes = 0; mistakes < 4; mistakes++) await guard.settleCode(WRONG_CODE);
        await grant(`face_${String(person).padStart(32, '0')}`);
      }
      time += 24 * 3_600_000;
    }
    await expect(guard.admit('code')).resolves.toBeUndefined();
  });
});

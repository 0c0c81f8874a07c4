import { z } from 'zod';
import { LintelError, type ErrorCode } from '#contract';
import type { VisitListener } from '../session/index.ts';
import { asOperator } from '#core/store';
import type { Record } from '#core/upkeep';
import type { SignIn } from '../operator/index.ts';
import type { Handlers } from './dispatcher.ts';

const REFUSALS: ReadonlySet<ErrorCode> = new Set(['pin-wrong', 'pin-locked', 'setup-code-wrong']);

/**
 * The same handlers, leaving entries in the audit log for what is not a change of the store, which records those itself:
 * sign-ins and their refusals, changes of the PIN and of settings.
 * @param record as the operator @param signIn who that is at this screen
 */
export function audited(handlers: Handlers, record: Record, signIn: Pick<SignIn, 'operatorId'>): Handlers {
  const recordAsSignedIn: Record = (entry) => {
    const { operatorId } = signIn;
    return operatorId === null ? record(entry) : asOperator(operatorId, () => record(entry));
  };
  const refusals = async <T>(attempt: Promise<T>, operatorId?: string): Promise<T> => {
    try {
      return await attempt;
    } catch (error) {
      const isRefused = error instanceof LintelError && REFUSALS.has(error.code);
      if (isRefused) {
        const who = operatorId !== undefined && { operatorId };
        await record({ kind: 'sign-in-refused', code: error.code, ...who });
      }
      throw error;
    }
  };
  return {
    ...handlers,
    'operator.login': async (input) => {
      const answer = await refusals(handlers['operator.login'](input), input.operatorId);
      await recordAsSignedIn({ kind: 'signed-in' });
      return answer;
    },
    'operator.set-pin': async (input) => {
      const answer = await refusals(handlers['operator.set-pin'](input));
      await recordAsSignedIn({ kind: 'key-changed', what: 'operator-pin', stage: 'done' });
      return answer;
    },
    'settings.update': async (patch) => {
      const answer = await handlers['settings.update'](patch);
      const changes = Object.entries(patch).flatMap(([name, value]) =>
        value === undefined ? [] : [[name, value] as const],
      );
      await record({ kind: 'settings-changed', changes: Object.fromEntries(changes) });
      return answer;
    },
  };
}

/**
 * Records only the first of several sign-ins in a row that are refused since the PIN is locked: whoever stands before a screen can
 * try without end, and would fill the audit log. Any other entry ends the row.
 * @param record for all screens together
 */
export function onceALock(record: Record): Record {
  let isTold = false;
  return async (entry) => {
    const isLocked = entry.kind === 'sign-in-refused' && entry.code === 'pin-locked';
    if (isLocked && isTold) return;
    isTold = isLocked;
    await record(entry);
  };
}

/** Writes each decided visit to the audit log. @param record as the device */
export function auditVisits(record: Record): VisitListener {
  return async ({
    visitId,
    level,
    doubts,
    outcome,
    reasons,
    challenge,
    scores,
    faceId,
    online,
    sessionId,
    cardId,
  }) => {
    // As JSON keeps them: what could not be measured is null.
    const numbers = z.json().parse(JSON.parse(JSON.stringify(scores)));
    await record({
      kind: 'decision',
      visitId,
      outcome,
      reasons: [...reasons],
      challenge: [...challenge],
      scores: numbers,
      faceId,
      level,
      ...(doubts && { doubts: [...doubts] }),
      ...(online && { online }),
      ...(sessionId !== undefined && { sessionId }),
      ...(cardId !== undefined && { cardId }),
    });
  };
}

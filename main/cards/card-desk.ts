import { LintelError, type Decision, type DecisionReason } from '#contract';
import type { AttemptGuard, ShownCard } from '../session/index.ts';
import type { Cards } from './cards.ts';

/** What stands in the records of a card that begins no visit. */
const NO_VISIT = { visitId: null, level: 'code', challenge: [], scores: null } as const;

const denied = (reason: DecisionReason): Decision => ({
  outcome: 'denied',
  reasons: [reason],
  hints: [],
  person: null,
});

/**
 * Reads a card that a visitor shows. One that is not of this deployment counts as a wrong code; one that is, and is good no more,
 * was no guess and counts for nothing. One of somebody who was enrolled ends with that.
 * @throws LintelError `card-invalid`, `card-revoked`, `card-outdated` for one of another model, `kiosk-paused`, `kiosk-locked`
 */
export type ReadCard = (text: string, modelId: string) => Promise<ShownCard>;

export function createCardDesk(
  cards: Pick<Cards, 'open'>,
  guard: Pick<AttemptGuard, 'attempt' | 'settleCode' | 'settleVisit'>,
  isEnrolled: (faceId: string) => Promise<boolean>,
): ReadCard {
  return (text, modelId) =>
    guard.attempt('code', async () => {
      const opened = await cards.open(text);
      if (opened === null) {
        await guard.settleCode(denied('card-invalid'));
        throw new LintelError('card-invalid');
      }
      const { card, kept } = opened;
      const faceId = kept?.faceId ?? null;
      const isOver = (kept?.revokedAt ?? null) !== null || (faceId !== null && !(await isEnrolled(faceId)));
      const problem = isOver ? 'card-revoked' : card.isOf(modelId) ? null : 'card-outdated';
      if (problem === null) return { ...card, faceId };
      const bearer = { cardId: card.cardId, access: card };
      await guard.settleVisit(denied(problem), null, NO_VISIT, null, bearer);
      throw new LintelError(problem);
    });
}

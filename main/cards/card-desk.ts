import { LintelError, type Decision, type DecisionReason, type Face } from '#contract';
import type { OpenedCard } from '#core/cards';
import { rateLimited, type AttemptGuard, type Bearer, type ShownCard } from '../session/index.ts';
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
 * @throws LintelError `card-invalid`, `card-revoked`, `card-outdated` for one of another model, `kiosk-paused`, `kiosk-locked`,
 *   `rate-limited` for one that is good no more and is shown without end
 */
export type ReadCard = (text: string, modelId: string) => Promise<ShownCard>;

/**
 * @param enrolled somebody who can be recognised by what was given of them; null: nobody has this face id here, or not any more
 * @param now monotonic clock in milliseconds
 */
export function createCardDesk(
  cards: Pick<Cards, 'open'>,
  guard: Pick<AttemptGuard, 'attempt' | 'settleCode' | 'settleVisit'>,
  enrolled: (faceId: string) => Promise<Pick<Face, 'metadata'> | null>,
  now?: () => number,
): ReadCard {
  /** A card that is good no more counts as no failure, so that no pause limits how many records it makes. */
  const recordOver = rateLimited(
    async (cardId: string, problem: DecisionReason, access: Bearer['access']) => {
      await guard.settleVisit(denied(problem), null, NO_VISIT, null, { cardId, access });
    },
    now,
  );

  /** What is known now of a card that was opened. */
  async function look({ card, isRevoked }: NonNullable<Awaited<ReturnType<Cards['open']>>>): Promise<{
    readonly card: OpenedCard;
    readonly isOver: boolean;
  }> {
    if (isRevoked || card.faceId === null) return { card, isOver: isRevoked };
    const holder = await enrolled(card.faceId);
    return { card: { ...card, name: holder?.metadata.name ?? null }, isOver: holder === null };
  }

  return (text, modelId) =>
    guard.attempt('code', async () => {
      const opened = await cards.open(text);
      if (opened === null) {
        await guard.settleCode(denied('card-invalid'));
        throw new LintelError('card-invalid');
      }
      const { card, isOver } = await look(opened);
      const problem = isOver ? 'card-revoked' : card.isOf(modelId) ? null : 'card-outdated';
      if (problem === null) {
        return {
          ...card,
          isGood: async () => {
            const again = await cards.open(text);
            return again !== null && !(await look(again)).isOver;
          },
        };
      }
      await recordOver(card.cardId, problem, card);
      throw new LintelError(problem);
    });
}

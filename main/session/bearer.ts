import { LintelError } from '#contract';
import type { OpenedCard } from '#core/cards';
import { similarity, verificationSimilarity, type Calibration } from '#core/matching';
import type { ComparablePeople } from './decide-visit.ts';

/** A card that was shown and is good. */
export interface ShownCard extends OpenedCard {
  /** Whether it is so still. */
  readonly isGood: () => Promise<boolean>;
}

/**
 * The one person that somebody who shows a card is compared with.
 * @param modelId made the templates that are compared
 * @throws LintelError `card-outdated` where another model made the card's since it was read, `card-revoked` where it ended since
 */
export async function bearerOf(
  card: ShownCard,
  modelId: string,
  {
    calibration,
    falsePositiveRate,
  }: { readonly calibration: Pick<Calibration, 'similarityAtRate'>; readonly falsePositiveRate: number },
): Promise<ComparablePeople> {
  if (!card.isOf(modelId)) throw new LintelError('card-outdated');
  if (!(await card.isGood())) throw new LintelError('card-revoked');
  const least = verificationSimilarity(calibration, falsePositiveRate);
  const person = { faceId: card.faceId, name: card.name };
  return {
    count: async () => 1,
    identify: async (template) =>
      similarity(template, card.template) >= least ? { kind: 'known', person } : { kind: 'unknown' },
    // There is nobody else.
    hasClearLead: async () => true,
  };
}

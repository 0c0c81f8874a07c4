import { z } from 'zod';
import { CardId, CardText, KeptCard } from './cards.ts';
import { FaceId } from './ids.ts';
import { DisplayName } from './text.ts';

/** A card on the list, and who holds it: null when nobody knows, and when that person is enrolled no more. */
export const ListedCard = KeptCard.extend({
  holder: z.strictObject({ name: DisplayName.nullable() }).nullable(),
});
export type ListedCard = z.infer<typeof ListedCard>;

/** What an operator does with cards at a screen; see `KIOSK_CHANNELS`. */
export const CARD_CHANNELS = {
  /**
   * Makes a card of somebody enrolled, good while they are. Its text is told this once. Refused `face-not-found`,
   * `consent-missing`, `too-many-cards`.
   */
  'cards.issue': {
    access: 'operator',
    input: z.strictObject({ faceId: FaceId }),
    output: z.object({ cardId: CardId, text: CardText }),
  },
  /** Those issued or revoked here, the newest first. */
  'cards.list': {
    access: 'operator',
    input: z.strictObject({
      offset: z.int().nonnegative().default(0),
      limit: z.int().min(1).max(100).default(50),
    }),
    output: z.object({ cards: z.array(ListedCard).max(100), total: z.int().nonnegative() }),
  },
  'cards.revoke': {
    access: 'operator',
    input: z.strictObject({ cardId: CardId }),
    output: z.strictObject({}),
  },
} as const satisfies Record<string, { access: 'operator'; input: z.ZodType; output: z.ZodType }>;

import { z } from 'zod';
import { KeptCard, LintelError, MOST_CARDS } from '#contract';

/** The secret of the store that is the key of the deployment's cards: 32 bytes. */
export const CARD_KEY_ROW = 'cards.key';
/** The secret that is the list of those issued or revoked here, the newest first: {@link CardList} as JSON. */
export const CARD_LIST_ROW = 'cards.list';

export const CardList = z.array(KeptCard).max(MOST_CARDS);

export const isRevoked = ({ revokedAt }: KeptCard): boolean => revokedAt !== null;

/** @throws LintelError `too-many-cards` */
export const checkedCards = (cards: readonly KeptCard[]): KeptCard[] => {
  if (cards.length > MOST_CARDS) throw new LintelError('too-many-cards');
  return [...cards];
};

/** Revocations find room: the oldest cards that are good leave the list, and stay good. @throws LintelError `too-many-cards` */
export const withRoom = (cards: readonly KeptCard[]): KeptCard[] => {
  const excess = Math.max(0, cards.length - MOST_CARDS);
  const good = cards.filter((card) => !isRevoked(card));
  const leaving = new Set(good.slice(Math.max(0, good.length - excess)));
  return checkedCards(cards.filter((card) => !leaving.has(card)));
};

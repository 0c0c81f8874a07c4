export { sealCard, unsealCard, type Card, type OpenedCard } from './card.ts';
export { CARD_KEY_ROW, CARD_LIST_ROW, CardList, checkedCards, isRevoked, withRoom } from './kept-cards.ts';

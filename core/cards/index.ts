export { sealCard, unsealCard, type Card, type OpenedCard } from './card.ts';

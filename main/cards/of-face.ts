import { LintelError, NewCard, PersonAccess, type Face, type Settings } from '#contract';
import type { CardContents } from './cards.ts';

/**
 * What stands on a card of somebody enrolled, besides the template: what is known of them.
 * @throws LintelError `consent-missing` where they did not agree to the text in force; `card-too-large`
 */
export function cardOf(
  { metadata }: Pick<Face, 'metadata'>,
  { consent: terms }: Pick<Settings, 'consent'>,
): { readonly card: NewCard; readonly consent: CardContents['consent'] } {
  const consent = metadata.consent ?? null;
  if (terms !== null && consent?.version !== terms.version) throw new LintelError('consent-missing');
  const card = NewCard.safeParse({
    name: metadata.name ?? null,
    ...PersonAccess.parse(metadata.access ?? {}),
  });
  if (!card.success) throw new LintelError('card-too-large');
  return { card: card.data, consent };
}

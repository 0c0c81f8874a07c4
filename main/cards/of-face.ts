import { LintelError, NewCard, PersonAccess, type Settings } from '#contract';
import type { Gallery } from '#core/gallery';
import type { Cards } from './cards.ts';

/**
 * Make a card of somebody enrolled, good while they are: its template is the most typical one of theirs.
 * @throws LintelError `face-not-found`, also where the network that serves has no template of theirs; `collection-not-found`;
 *   `consent-missing` where they did not agree to the text in force; and as `Cards.issue`
 */
export async function issueOf(
  cards: Pick<Cards, 'issue'>,
  serving: {
    readonly gallery: Pick<Gallery, 'getFace' | 'typicalTemplate'>;
    readonly recognizer: { readonly modelId: string };
  },
  { collectionId, consent: terms }: Pick<Settings, 'collectionId' | 'consent'>,
  faceId: string,
): Promise<Awaited<ReturnType<Cards['issue']>>> {
  const { metadata } = await serving.gallery.getFace(collectionId, faceId);
  const consent = metadata.consent ?? null;
  if (terms !== null && consent?.version !== terms.version) throw new LintelError('consent-missing');
  const access = PersonAccess.parse(metadata.access ?? {});
  const card = NewCard.safeParse({ name: metadata.name ?? null, ...access });
  if (!card.success) throw new LintelError('card-too-large');
  const template = await serving.gallery.typicalTemplate(collectionId, faceId);
  if (template === null) throw new LintelError('face-not-found', '(not by the network that serves)');
  const { modelId } = serving.recognizer;
  return await cards.issue(card.data, { consent, modelId, template, faceId });
}

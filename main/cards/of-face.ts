import { LintelError, type Settings } from '#contract';
import type { Gallery } from '#core/gallery';
import type { Cards } from './cards.ts';

/** What is known of somebody enrolled does not stand on their card. */
const NOTHING_ELSE = { name: null, groups: [], validFrom: null, validUntil: null };

/**
 * Make a card of somebody enrolled, good while they are: their most typical template, and who they are.
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
  const template = await serving.gallery.typicalTemplate(collectionId, faceId);
  if (template === null) throw new LintelError('face-not-found', '(not by the network that serves)');
  const { modelId } = serving.recognizer;
  return await cards.issue(NOTHING_ELSE, { consent, modelId, template, faceId });
}

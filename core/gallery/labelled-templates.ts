import type { LabelledTemplate } from '#core/matching';
import { LOCAL_ACCOUNT, type Store } from '#core/store';

/**
 * What an operator or an API enrolled in a collection of the appliance, labelled by face.
 * @throws LintelError `collection-not-found`
 */
export async function labelledTemplates(
  store: Store,
  collectionId: string,
  modelId: string,
): Promise<LabelledTemplate[]> {
  const ids = await store.referenceIds(LOCAL_ACCOUNT, collectionId, modelId);
  const references = await store.references(LOCAL_ACCOUNT, modelId, ids);
  return references
    .filter(({ source }) => source !== 'automatic')
    .map(({ faceId, template }) => ({ person: faceId, template }));
}

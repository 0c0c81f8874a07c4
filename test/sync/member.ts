import type { SqlStore } from '#core/store';
import {
  exchange,
  membershipOf,
  type Fetch,
  type Membership,
  type ExchangeOptions,
} from '../../main/sync/index.ts';

/** The embedding model of everybody here. */
export const MODEL = 'model-1';

type FeedMembership = Extract<Membership, { mode: 'feed' }>;

/** What an appliance knows of the server it has joined. */
export async function feedMembership(store: SqlStore): Promise<FeedMembership> {
  const found = await membershipOf(store);
  if (found?.mode !== 'feed') throw new Error('It has not joined.');
  return found;
}

/** One exchange, as an appliance makes it. */
export async function exchangeAs(
  store: SqlStore,
  fetch: Fetch,
  { dropsImages = false, mostUnasked }: Pick<ExchangeOptions, 'mostUnasked'> & { dropsImages?: boolean } = {},
): Promise<void> {
  await exchange(
    { store, modelId: () => MODEL, version: 'test', dropSentImages: () => dropsImages, mostUnasked, fetch },
    await feedMembership(store),
    new AbortController().signal,
    () => {},
  );
}

import type { Store } from '#core/store';
import { exchangeOnce, membershipOf, type Fetch, type Membership } from '../../main/sync/index.ts';
import { MODEL } from './world.ts';

type FeedMembership = Extract<Membership, { mode: 'feed' }>;

/** What an appliance knows of the server it has joined. */
export async function feedMembership(store: Store): Promise<FeedMembership> {
  const found = await membershipOf(store);
  if (found?.mode !== 'feed') throw new Error('It has not joined.');
  return found;
}

/** One exchange, as an appliance makes it. */
export async function exchangeAs(store: Store, fetch: Fetch): Promise<void> {
  await exchangeOnce(
    { store, modelId: () => MODEL, version: 'test', dropSentImages: () => false, fetch },
    await feedMembership(store),
    new AbortController().signal,
    () => {},
  );
}

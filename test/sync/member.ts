import type { DevicePolicy } from '#contract';
import type { Devices } from '#core/devices';
import type { SqlStore } from '#core/store';
import {
  exchange,
  joinServer,
  membershipOf,
  type Fetch,
  type Membership,
  type ExchangeOptions,
} from '../../main/sync/index.ts';

/** The account of everybody here. */
export const ACCOUNT = 'acct_test';
/** The embedding model of everybody here. */
export const MODEL = 'model-1';

type FeedMembership = Extract<Membership, { mode: 'feed' }>;

/** What an appliance knows of the server it has joined. */
export async function feedMembership(store: SqlStore): Promise<FeedMembership> {
  const found = await membershipOf(store);
  if (found?.mode !== 'feed') throw new Error('It has not joined.');
  return found;
}

/** Joins a server by an invitation of its own. @param policy what differs from the default */
export async function joinAs(
  store: SqlStore,
  fetch: Fetch,
  devices: Devices,
  policy: Partial<DevicePolicy> = {},
): Promise<void> {
  const { code } = await devices.invite(ACCOUNT, { policy });
  await joinServer(store, { origin: 'https://server', fetch }, code, 'door');
}

/** The server changes a part of the policy of an appliance, which hears of it at its next exchange. */
export async function changePolicy(
  store: SqlStore,
  devices: Devices,
  changed: Partial<DevicePolicy>,
): Promise<void> {
  const { deviceId } = await feedMembership(store);
  const known = (await devices.list(ACCOUNT)).find((each) => each.deviceId === deviceId);
  await devices.setPolicy(ACCOUNT, deviceId, { ...known!.policy, ...changed });
}

/** A way to a server on which something may happen once, when it has answered and the appliance has yet to hear it. */
export class Line {
  meanwhile: { readonly path: string; readonly work: () => Promise<unknown> } | null = null;
  readonly #deliver: Fetch;

  constructor(deliver: Fetch) {
    this.#deliver = deliver;
  }

  readonly send: Fetch = async (url, init) => {
    const answer = await this.#deliver(url, init);
    const { meanwhile } = this;
    if (url.pathname === meanwhile?.path) {
      this.meanwhile = null;
      await meanwhile.work();
    }
    return answer;
  };
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

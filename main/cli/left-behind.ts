import { hasStore, LOCAL_ACCOUNT, openStore, type SqlStore, type StoreOptions as Place } from '#core/store';
import { hasLeft, membershipOf, type Membership } from '../sync/index.ts';

/** An appliance as it is before a backup takes the place of its store. */
interface Joined {
  readonly membership: Membership;
  readonly faceIds: ReadonlySet<string>;
}

/** What an appliance loses with the store that a backup replaces. */
export interface LeftBehind {
  /** The server that it belonged to. */
  readonly server: string;
  /** The server that it belongs to by the backup; null: none. */
  readonly serverOfBackup: string | null;
  /** How many people were enrolled in the store that is replaced and are not in the backup. */
  readonly people: number;
}

/** @returns null where there is no store, or one that belongs to no server */
export async function joinedBefore(place: Place): Promise<Joined | null> {
  if (!(await hasStore(place.dir))) return null;
  return await using(place, async (store) => {
    const membership = await membershipOf(store);
    return membership && { membership, faceIds: await faceIdsOf(store) };
  });
}

/** @param before what {@link joinedBefore} found @returns null where the appliance still belongs to that server */
export async function leftBehind(place: Place, before: Joined | null): Promise<LeftBehind | null> {
  if (before === null) return null;
  return await using(place, async (store) => {
    if (!(await hasLeft(store, before.membership))) return null;
    const people = before.faceIds.difference(await faceIdsOf(store)).size;
    const serverOfBackup = (await membershipOf(store))?.origin ?? null;
    return { server: before.membership.origin, serverOfBackup, people };
  });
}

export function leftBehindText(left: LeftBehind | null): string {
  if (left === null) return '';
  const { server, serverOfBackup, people } = left;
  const now =
    serverOfBackup === null
      ? 'belongs to no server now'
      : `belongs to ${serverOfBackup} now, as it did at the backup`;
  return (
    ` Warning: this appliance belonged to ${server} and ${now}. Join it again (lintel pair, lintel connect).` +
    ` People of the replaced store who are not in the backup: ${people}; the server knows those that it was told of.`
  );
}

async function faceIdsOf(store: SqlStore): Promise<Set<string>> {
  const ids = new Set<string>();
  for (const { collectionId } of await store.listCollections(LOCAL_ACCOUNT)) {
    const { faces } = await store.listFaces(LOCAL_ACCOUNT, collectionId);
    for (const { faceId } of faces) ids.add(faceId);
  }
  return ids;
}

async function using<T>(place: Place, work: (store: SqlStore) => Promise<T>): Promise<T> {
  const store = await openStore(place);
  try {
    return await work(store);
  } finally {
    await store.close();
  }
}

import { isDeepStrictEqual } from 'node:util';
import { similarity } from '#core/matching';
import { LOCAL_ACCOUNT, type SqlStore } from '#core/store';
import { Hub, Replica } from '#core/sync';
import { ACCOUNT, facesOf, MODEL, type Device, type World } from './world.ts';

/** What must be true after any history. */

export const KEYS = ['k1', 'k2', 'k3'] as const;

/** What has happened, as devices and server acknowledged it. */
export interface Ledger {
  /** Templates of everybody whose enrolment was acknowledged. */
  readonly enrolled: Map<string, Float32Array>;
  /** Templates that were added to somebody afterwards. */
  readonly added: { readonly faceId: string; readonly template: Float32Array }[];
  /** Faces that a device deleted while it had them. */
  readonly deleted: Set<string>;
  /** Each group that was ever given, to one face and once. */
  readonly given: Map<string, string>;
  /** Groups that were taken away. */
  readonly taken: Set<string>;
  /** The scope of each appliance that has received one. */
  readonly scopes: Map<Device, readonly string[] | null>;
  /** Whether an operator allowed two faces to have one key. */
  duplicatesAllowed: boolean;
  merged: boolean;
}

/** Checks that each appliance with a known scope has the faces of its collections, and no others. */
export async function checkScopes(world: World, { scopes }: Ledger): Promise<void> {
  const everybody = [...(await facesOf(world.server.store, ACCOUNT))];
  for (const [{ store }, collections] of scopes) {
    const wanted = everybody.filter(([, each]) => collections?.includes(each) ?? true);
    const present = await facesOf(store);
    if (!isDeepStrictEqual(new Map(wanted), present))
      throw new Error('An appliance does not have exactly the faces of its scope.');
  }
}

/** All machines agree, no face is missing, none was resurrected, and repetitions change nothing. */
export async function check(world: World, ledger: Ledger): Promise<void> {
  const truth = await new Hub(world.server.store).sharedHash(ACCOUNT, MODEL);
  const machines = [
    { name: 'server', store: world.server.store, account: ACCOUNT },
    ...world.devices.map(({ store }, i) => ({ name: `device ${i}`, store, account: LOCAL_ACCOUNT })),
  ];
  for (const { name, store, account } of machines) {
    const faces = await facesOf(store, account);
    for (const faceId of faces.keys()) {
      if (ledger.deleted.has(faceId)) throw new Error(`${name}: a deleted face lives.`);
    }
    if (!ledger.merged) {
      for (const faceId of ledger.enrolled.keys()) {
        if (!ledger.deleted.has(faceId) && !faces.has(faceId)) throw new Error(`${name}: a face is missing.`);
      }
    }
    for (const [faceId, collectionId] of faces) {
      const kept = await store.faceReferences(account, collectionId, faceId, MODEL);
      const protectedTemplate = await store.protect(MODEL, ledger.enrolled.get(faceId)!);
      const best = Math.max(...kept.map(({ template }) => similarity(template, protectedTemplate)));
      if (!(best > 0.99999)) throw new Error(`${name}: a face has lost its template.`);
    }
    await checkForgotten(name, store, account, faces, ledger);
    // A server of another version may know no change of what is noted about a face.
    if (!world.isMixed) await checkGroups(name, store, account, faces, ledger);
    if (!ledger.duplicatesAllowed) await checkKeys(name, store, account);
  }
  for (const { store } of world.devices) {
    if ((await new Replica(store).countPending()) > 0) throw new Error('Something still waits.');
    if ((await new Replica(store).sharedHash(MODEL)) !== truth) throw new Error('The states differ.');
    const mine = JSON.stringify(await new Replica(store).conflicts());
    if (mine !== JSON.stringify(await new Hub(world.server.store).conflicts(ACCOUNT))) {
      throw new Error('The conflicts differ.');
    }
    await store.inspectSealed();
  }
  // Everything that was ever sent, once more in order and once backwards.
  await world.replay((count) => Array.from({ length: count }, (_, i) => i));
  await world.replay((count) => Array.from({ length: count }, (_, i) => count - 1 - i));
  if ((await new Hub(world.server.store).sharedHash(ACCOUNT, MODEL)) !== truth) {
    throw new Error('A repetition changed something.');
  }
}

/** No face has a reference of one that was deleted, also where both were made one person meanwhile. */
async function checkForgotten(
  name: string,
  store: SqlStore,
  account: string,
  faces: ReadonlyMap<string, string>,
  { enrolled, added, deleted }: Ledger,
): Promise<void> {
  const made = [...Array.from(enrolled, ([faceId, template]) => ({ faceId, template })), ...added];
  const gone = await Promise.all(
    made.filter(({ faceId }) => deleted.has(faceId)).map(({ template }) => store.protect(MODEL, template)),
  );
  for (const [faceId, collectionId] of faces) {
    for (const { template } of await store.faceReferences(account, collectionId, faceId, MODEL)) {
      if (gone.some((each) => similarity(each, template) > 0.99999))
        throw new Error(`${name}: a reference of a deleted face lives.`);
    }
  }
}

/** Each face has the groups that it was given and that nobody took away, whatever else was changed of it. */
async function checkGroups(
  name: string,
  store: SqlStore,
  account: string,
  faces: ReadonlyMap<string, string>,
  { given, taken }: Ledger,
): Promise<void> {
  for (const [faceId, collectionId] of faces) {
    const { access } = (await store.getFace(account, collectionId, faceId)).metadata;
    const wanted = [...given].filter(([group, face]) => face === faceId && !taken.has(group));
    const groups = new Set(access?.groups);
    if (!isDeepStrictEqual(groups, new Set(wanted.map(([group]) => group))))
      throw new Error(`${name}: a face has other groups than it was given.`);
  }
}

async function checkKeys(name: string, store: SqlStore, account: string): Promise<void> {
  for (const { collectionId } of await store.listCollections(account)) {
    for (const key of KEYS) {
      const holders = await store.faceIdsByExternalKey(account, collectionId, key);
      if (holders.length > 1) throw new Error(`${name}: two faces have one key.`);
    }
  }
}

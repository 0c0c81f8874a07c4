import * as fc from 'fast-check';
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { LintelError } from '#contract';
import { seeded } from '#core/matching';
import { LOCAL_ACCOUNT, type SqlStore } from '#core/store';
import { Replica } from '#core/sync';
import { exchangeRealeyes } from '../../main/sync/index.ts';
import { API_KEY, PageServer, pictureOf, type Fate } from './page-server.ts';
import { facesOf, FOLDER, Machine, newFaceId, newReference } from './world.ts';

/** Random histories of an appliance and a server that speaks the Realeyes API and nothing else. */

const COLLECTIONS = ['staff', 'guests'] as const;
const KEYS = ['k1', 'k2', 'k3'] as const;
/** Few, so that some are enrolled twice, here and elsewhere. */
const PEOPLE = 6;

const collection = fc.constantFrom(...COLLECTIONS);
const key = fc.constantFrom(...KEYS);
const nth = fc.nat({ max: 20 });
const person = fc.integer({ min: 1, max: PEOPLE });
const description = fc.constantFrom('one', 'two', null);

const step = fc.oneof(
  {
    weight: 10,
    arbitrary: fc.record({ do: fc.constant('enrol' as const), collection, person, key: fc.option(key) }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('enrol-without-picture' as const), collection }) },
  { weight: 6, arbitrary: fc.record({ do: fc.constantFrom('delete' as const, 'erase' as const), nth }) },
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant('set-key' as const), nth, key, allowDuplicates: fc.boolean() }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constantFrom('remove-key' as const, 'delete-by-key' as const),
      collection,
      key,
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constantFrom('rename' as const, 'add-reference' as const), nth }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constantFrom('reset' as const, 'drop' as const), collection }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('describe' as const), collection, description }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('elsewhere-create' as const), description }) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('elsewhere-enrol' as const),
      collection,
      person,
      key: fc.constantFrom('ours' as const, 'theirs' as const, null),
    }),
  },
  { weight: 12, arbitrary: fc.record({ do: fc.constant('sync' as const) }) },
  // How many notes it makes before it is killed.
  { weight: 8, arbitrary: fc.record({ do: fc.constant('killed' as const), after: fc.nat({ max: 12 }) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('restart' as const) }) },
);
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

export const realeyesHistory = fc.record({
  seed: fc.integer({ min: 1, max: 2 ** 31 - 1 }),
  steps: fc.array(step, { minLength: 5, maxLength: 50, size: 'max' }),
});
export type RealeyesHistory = typeof realeyesHistory extends fc.Arbitrary<infer H> ? H : never;

interface Ledger {
  /** The picture of everybody enrolled here, by face. */
  readonly pictures: Map<string, Buffer>;
  readonly erased: string[];
  /** Faces that another client enrolled, and the collection as it was then. */
  readonly foreign: Map<string, unknown>;
}

/** What a history has exercised. */
export interface Coverage {
  faults: number;
  kills: number;
  searches: number;
  unconfirmed: number;
}

/** @throws Error where something is not as it must be */
export async function playRealeyes({ seed, steps }: RealeyesHistory, coverage: Coverage): Promise<void> {
  const server = await PageServer.start();
  const folder = await mkdtemp(join(FOLDER, 'lintel-page-'));
  const machine = await Machine.create(folder);
  try {
    const random = seeded(seed);
    server.fate = () => {
      const fate = fateOf(random());
      if (fate !== 'well') coverage.faults++;
      return fate;
    };
    await new Replica(machine.store).join();
    const ledger: Ledger = { pictures: new Map(), erased: [], foreign: new Map() };
    for (const each of steps) {
      await perform(machine, server, each, ledger, coverage).catch(expected);
    }
    // The line stays as bad as it is.
    for (let left = 2; left > 0;) if (await sync(machine.store, server)) left--;
    coverage.searches += server.done.filter((path) => path.endsWith('/search')).length;
    await check(machine.store, server, ledger);
  } finally {
    await machine.store.close();
    await server.stop();
    await rm(folder, { recursive: true });
  }
}

/** One of five answers is lost after the work was done. */
function fateOf(random: number): Fate {
  if (random < 0.2) return 'lose-answer';
  if (random < 0.28) return 'lose-request';
  if (random < 0.3) return 'too-many';
  return random < 0.32 ? 'fail' : 'well';
}

async function perform(
  machine: Machine,
  server: PageServer,
  step: Step,
  ledger: Ledger,
  coverage: Coverage,
): Promise<void> {
  const { store } = machine;
  const faces = [...(await facesOf(store))];
  const pick = (n: number): [string, string] => {
    if (faces.length === 0) throw new LintelError('face-not-found');
    const [faceId, collectionId] = faces[n % faces.length]!;
    return [collectionId, faceId];
  };
  switch (step.do) {
    case 'enrol':
    case 'enrol-without-picture': {
      await store.createCollection(LOCAL_ACCOUNT, step.collection).catch(expected);
      const faceId = newFaceId();
      const image = step.do === 'enrol' ? pictureOf(step.person, faceId) : null;
      await store.addFace(LOCAL_ACCOUNT, step.collection, {
        faceId,
        references: [{ ...newReference(), ...(image !== null && { image }) }],
        externalKey: step.do === 'enrol' ? step.key : null,
      });
      if (image !== null) ledger.pictures.set(faceId, image);
      return;
    }
    case 'delete':
      await store.deleteFace(LOCAL_ACCOUNT, ...pick(step.nth));
      return;
    case 'erase': {
      const [, faceId] = pick(step.nth);
      ledger.erased.push(faceId);
      await store.erase(LOCAL_ACCOUNT, { faceId }).catch((error: unknown) => {
        if (error instanceof LintelError && error.code === 'erasure-unconfirmed') coverage.unconfirmed++;
        else throw error;
      });
      return;
    }
    case 'set-key':
      await store.setExternalKey(LOCAL_ACCOUNT, ...pick(step.nth), step.key, step.allowDuplicates);
      return;
    case 'remove-key':
      await store.removeExternalKey(LOCAL_ACCOUNT, step.collection, step.key, null);
      return;
    case 'delete-by-key':
      await store.deleteFacesByExternalKey(LOCAL_ACCOUNT, step.collection, step.key);
      return;
    case 'rename':
      await store.setMetadata(LOCAL_ACCOUNT, ...pick(step.nth), { name: 'Ada' });
      return;
    case 'add-reference':
      await store.addReferences(LOCAL_ACCOUNT, ...pick(step.nth), [newReference()]);
      return;
    case 'reset':
      await store.resetCollection(LOCAL_ACCOUNT, step.collection);
      return;
    case 'drop':
      await store.deleteCollection(LOCAL_ACCOUNT, step.collection);
      return;
    case 'describe':
      await store.updateCollection(LOCAL_ACCOUNT, step.collection, step.description);
      return;
    case 'elsewhere-create':
      if (server.collections.has('elsewhere')) return;
      server.ask('POST /v1/collection/create', { collectionId: 'elsewhere', description: step.description });
      return;
    case 'elsewhere-enrol': {
      const { collection: collectionId } = step;
      if (!server.collections.has(collectionId)) return;
      // Without a key only people who are never enrolled here: another person's face without a key is taken for one's own.
      const who = step.key === null ? PEOPLE + 1 : step.person;
      const image = { bytes: pictureOf(who, randomUUID()).toString('base64') };
      const { faceId } = server.ask('POST /v1/face/index', { collectionId, image }) as { faceId: string };
      ledger.foreign.set(faceId, server.collections.get(collectionId));
      if (step.key === null) return;
      // One that is in use here, or another.
      const externalKey = step.key === 'ours' ? KEYS[0] : `elsewhere-${randomUUID()}`;
      server.ask('PUT /v1/external-key/set', { collectionId, faceId, externalKey, allowDuplicates: true });
      return;
    }
    case 'sync':
      await sync(store, server);
      return;
    case 'killed': {
      const killed = await sync(store, server, mortal(store, step.after)).catch((error: unknown) => {
        if (error instanceof Killed) return null;
        throw error;
      });
      if (killed === null) coverage.kills++;
      await machine.restart();
      return;
    }
    case 'restart':
      await machine.restart();
  }
}

/** @returns whether it came to its end */
async function sync(store: SqlStore, { origin }: PageServer, replica = new Replica(store)): Promise<boolean> {
  try {
    await exchangeRealeyes({ store, replica, origin, apiKey: API_KEY, scope: null, patienceMs: 0 });
    return true;
  } catch (error) {
    if (error instanceof LintelError && error.code === 'server-unreachable') return false;
    throw error;
  }
}

class Killed extends Error {}

/** A replica whose process ends just before or just after one of the notes it makes about the server. */
function mortal(store: SqlStore, after: number): Replica {
  const replica = new Replica(store);
  let left = after;
  const die = (): void => {
    if (left-- <= 0) throw new Killed();
  };
  const through = <T extends object>(target: T, replaced: Partial<T>): T =>
    new Proxy(target, {
      get(_target, name): unknown {
        if (name in replaced) return replaced[name as keyof T];
        const value: unknown = Reflect.get(target, name);
        return typeof value === 'function' ? (value.bind(target) as unknown) : value;
      },
    });
  const notes = replica.realeyes;
  const realeyes = new Proxy(notes, {
    get(_target, name): unknown {
      const method = Reflect.get(notes, name) as (...args: unknown[]) => Promise<unknown>;
      return async (...args: unknown[]) => {
        die();
        const result = await method.apply(notes, args);
        die();
        return result;
      };
    },
  });
  return through(replica, { realeyes });
}

/** Refusals that a person at the screen may get; then nothing has happened. */
function expected(error: unknown): void {
  const codes = ['collection-not-found', 'collection-exists', 'face-not-found', 'external-key-in-use'];
  if (!(error instanceof LintelError) || !codes.includes(error.code)) throw error;
}

async function check(store: SqlStore, server: PageServer, ledger: Ledger): Promise<void> {
  const replica = new Replica(store);
  if ((await replica.countPending()) > 0) throw new Error('Something still waits.');
  const parked = await replica.parked();
  for (const { code } of parked) {
    if (code !== 'picture-missing' && code !== 'external-key-in-use') throw new Error(`Parked: ${code}.`);
  }
  const local = await store.listCollections(LOCAL_ACCOUNT);
  for (const { collectionId, description } of local) {
    const remote = server.collections.get(collectionId);
    if (remote === undefined) throw new Error('A collection is missing.');
    if (remote.description !== description) throw new Error('A description differs.');
  }
  if (server.collections.size !== local.length) throw new Error('There is a collection too many.');

  for (const { collectionId } of local) {
    const remote = [...server.collections.get(collectionId)!.faces.values()];
    const own = remote.filter(({ faceId }) => !ledger.foreign.has(faceId));
    const { faces } = await store.listFaces(LOCAL_ACCOUNT, collectionId);
    const withPicture = faces.filter(({ faceId }) => ledger.pictures.has(faceId));
    if (own.length !== withPicture.length) {
      throw new Error(`${withPicture.length} people are here and ${own.length} there.`);
    }
    for (const { faceId, externalKey } of withPicture) {
      const found = own.filter(({ picture }) => picture.equals(ledger.pictures.get(faceId)!));
      if (found.length !== 1) throw new Error(`One face is there ${found.length} times.`);
      const isHeld = remote.some((face) => ledger.foreign.has(face.faceId) && face.key === externalKey);
      const isRefused = isHeld && parked.some((operation) => operation.faceId === faceId);
      if (found[0]!.key !== externalKey && !isRefused) throw new Error('A key is wrong.');
      const note = await replica.realeyes.remoteFace(faceId);
      if (note?.remoteId !== found[0]!.faceId || note.picture !== null) throw new Error('A note is wrong.');
    }
  }
  for (const [faceId, collection] of ledger.foreign) {
    const isLost = [...server.collections.values()].some(
      (each) => each === collection && !each.faces.has(faceId),
    );
    if (isLost) throw new Error('Somebody else was deleted.');
  }
  const here = await facesOf(store);
  for (const faceId of ledger.pictures.keys()) {
    const note = await replica.realeyes.remoteFace(faceId);
    if (!here.has(faceId) && note !== null) throw new Error('Something is kept of somebody who is gone.');
  }
  for (const faceId of ledger.erased) await store.receipt(LOCAL_ACCOUNT, faceId);
}

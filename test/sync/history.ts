import * as fc from 'fast-check';
import { LintelError } from '#contract';
import { LOCAL_ACCOUNT, type NewReference, type SqlStore } from '#core/store';
import { Hub, Replica } from '#core/sync';
import { withClock } from './clock.ts';
import { check, checkScopes, KEYS, type Ledger } from './truths.ts';
import { ACCOUNT, facesOf, newFaceId, newReference, Device, World, type Fault } from './world.ts';

/** Random histories of a server and its appliances. */

const COLLECTIONS = ['staff', 'guests', 'default'] as const;

const TEN_YEARS_MS = 10 * 365 * 86_400_000;

type Who = number | 'api';

/** One thing that happens; `who` may be an appliance or a client of the server's API. */
export type Step =
  | { do: 'enrol'; who: Who; collection: string; key: string | null }
  | { do: 'delete' | 'erase' | 'add-reference' | 'automatic' | 'forget-automatic'; who: Who; nth: number }
  | { do: 'set-key'; who: Who; nth: number; key: string; allowDuplicates: boolean }
  | { do: 'remove-key' | 'delete-by-key'; who: Who; collection: string; key: string }
  | { do: 'rename'; who: Who; nth: number; name: string }
  | { do: 'give-group' | 'take-group'; who: Who; nth: number }
  | { do: 'create' | 'reset' | 'drop'; who: Who; collection: string }
  | { do: 'describe'; who: Who; collection: string; description: string | null }
  | { do: 'sync'; who: number; faults: Fault[] }
  | { do: 'restart'; who: Who }
  | { do: 'scope'; who: number; collections: string[] | null }
  | { do: 'clock'; who: number; years: -10 | 0 | 10 }
  | {
      do: 'resolve';
      who: Who;
      nth: number;
      resolution: 'keep-first' | 'keep-second' | 'both' | 'same-person';
    }
  | { do: 'agree'; who: number }
  | { do: 'trim' };

const DEVICES = { min: 3, max: 5 };

const device = fc.nat({ max: DEVICES.max - 1 });
const who = fc.oneof({ weight: 5, arbitrary: device }, { weight: 1, arbitrary: fc.constant('api' as const) });
const nth = fc.nat({ max: 20 });
const collection = fc.constantFrom(...COLLECTIONS);
const key = fc.constantFrom(...KEYS);
const fault = fc.oneof(
  { weight: 4, arbitrary: fc.constant<Fault>('none') },
  { weight: 3, arbitrary: fc.constantFrom<Fault>('lose-request', 'lose-answer', 'twice', 'late-again') },
);

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 10,
    arbitrary: fc.record({ do: fc.constant('enrol' as const), who, collection, key: fc.option(key) }),
  },
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constantFrom('delete', 'erase', 'add-reference', 'automatic', 'forget-automatic'),
      who,
      nth,
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('set-key' as const),
      who,
      nth,
      key,
      allowDuplicates: fc.boolean(),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constantFrom('remove-key', 'delete-by-key'), who, collection, key }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('rename' as const),
      who,
      nth,
      name: fc.constantFrom('Ada', 'Bob'),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({ do: fc.constantFrom('give-group', 'take-group'), who, nth }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constantFrom('create', 'reset', 'drop'), who, collection }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('describe' as const),
      who,
      collection,
      description: fc.constantFrom('one', 'two', null),
    }),
  },
  {
    weight: 12,
    arbitrary: fc.record({
      do: fc.constant('sync' as const),
      who: device,
      faults: fc.array(fault, { maxLength: 6 }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('restart' as const), who }) },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('clock' as const),
      who: device,
      years: fc.constantFrom(-10 as const, 0 as const, 10 as const),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('resolve' as const),
      who,
      nth,
      resolution: fc.constantFrom('keep-first', 'keep-second', 'both', 'same-person'),
    }),
  },
  { weight: 1, arbitrary: fc.constant({ do: 'trim' as const }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('agree' as const), who: device }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('scope' as const),
      who: device,
      collections: fc.option(fc.subarray([...COLLECTIONS])),
    }),
  },
);

export interface History {
  readonly devices: number;
  /** Never in touch before the end. */
  readonly away: number | null;
  /** Whether appliances and server are of different versions. */
  readonly isMixed: boolean;
  /** Most changes that appliances are told at once. */
  readonly pageSize: number | null;
  /** How many people appliances let the server remove before an operator agrees; null: as many as in earnest. */
  readonly unasked: number | null;
  readonly steps: Step[];
}

export const history: fc.Arbitrary<History> = fc.record({
  devices: fc.integer(DEVICES),
  away: fc.option(device),
  isMixed: fc.boolean(),
  pageSize: fc.constantFrom(null, 1, 3),
  unasked: fc.constantFrom(null, 0, 2),
  steps: fc.array(step, { minLength: 5, maxLength: 60, size: 'max' }),
});

/** @throws Error or AssertionError where something is not as it must be */
export async function play({ devices, away, isMixed, pageSize, unasked, steps }: History): Promise<void> {
  const world = await World.create(devices);
  world.isMixed = isMixed;
  world.pageSize = pageSize;
  world.unasked = unasked;
  try {
    const ledger: Ledger = {
      enrolled: new Map(),
      added: [],
      deleted: new Set(),
      given: new Map(),
      taken: new Set(),
      scopes: new Map(),
      duplicatesAllowed: false,
      merged: false,
    };
    for (const each of steps) {
      if ((each.do === 'sync' || each.do === 'scope') && each.who % devices === away) continue;
      await perform(world, each, ledger);
    }
    await settle(world);
    await checkScopes(world, ledger);
    for (const device of ledger.scopes.keys()) await device.setScope(null);
    await settle(world);
    await check(world, ledger);
  } finally {
    await world.close();
  }
}

async function perform(world: World, step: Step, ledger: Ledger): Promise<void> {
  if (step.do === 'trim') {
    await new Hub(world.server.store).trim(ACCOUNT, new Date(Date.now() + 1000));
    return;
  }
  if (step.do === 'agree') {
    await world.devices[step.who % world.devices.length]!.agree();
    return;
  }
  const machine = step.who === 'api' ? world.server : world.devices[step.who % world.devices.length]!;
  const account = step.who === 'api' ? ACCOUNT : LOCAL_ACCOUNT;
  if (step.do === 'restart') {
    await (step.who === 'api' ? world.restartServer() : machine.restart());
    return;
  }
  if (step.do === 'scope') {
    const device = world.devices[step.who % world.devices.length]!;
    // What it did before counts: the server refuses what waits beyond the policy. Not so while it is out of step.
    if (!(await device.sync()) || (await new Replica(device.store).countPending()) > 0) return;
    ledger.scopes.set(device, step.collections);
    await device.setScope(step.collections);
    return;
  }
  if (step.do === 'clock') {
    machine.clockMs = (step.years / 10) * TEN_YEARS_MS;
    return;
  }
  await withClock(machine.clockMs, async () => {
    if (step.do === 'sync') {
      const device = world.devices[step.who % world.devices.length]!;
      device.faults = [...step.faults];
      await device.sync();
      device.faults = [];
    } else {
      const scope = machine instanceof Device ? (ledger.scopes.get(machine) ?? null) : null;
      await change(machine.store, account, step, ledger, scope).catch(expected);
    }
  });
}

/** Refusals that a person at the screen may get; then nothing has happened. */
function expected(error: unknown): void {
  const codes = [
    'collection-not-found',
    'collection-exists',
    'face-not-found',
    'external-key-in-use',
    'too-many-references',
    'conflict-not-found',
  ];
  if (!(error instanceof LintelError) || !codes.includes(error.code)) throw error;
}

type Change = Exclude<Step, { do: 'sync' | 'restart' | 'scope' | 'clock' | 'agree' | 'trim' }>;

/** @param scope what the server lets that machine change; what it refuses is another test's matter */
async function change(
  store: SqlStore,
  account: string,
  step: Change,
  ledger: Ledger,
  scope: readonly string[] | null,
): Promise<void> {
  const mayChange = (collectionId: string): boolean => scope === null || scope.includes(collectionId);
  if ('collection' in step && !mayChange(step.collection)) return;
  const all = await facesOf(store, account);
  const faces = new Map([...all].filter(([, collectionId]) => mayChange(collectionId)));
  const pick = (n: number): [string, string] => {
    const all = [...faces];
    if (all.length === 0) throw new LintelError('face-not-found');
    const [faceId, collectionId] = all[n % all.length]!;
    return [collectionId, faceId];
  };
  const inCollection = (collectionId: string): string[] =>
    [...faces].filter(([, each]) => each === collectionId).map(([faceId]) => faceId);
  const newGroup = (faceId: string): string => {
    const group = `g${ledger.given.size}`;
    ledger.given.set(group, faceId);
    return group;
  };
  const regroup = async (
    [collectionId, faceId]: [string, string],
    change: (groups: string[]) => string[],
  ) => {
    const { name, access } = (await store.getFace(account, collectionId, faceId)).metadata;
    const groups = change(access?.groups ?? []);
    const noted = { ...(name !== undefined && { name }), access: { groups } };
    await store.setMetadata(account, collectionId, faceId, noted);
  };
  const reference = (source: NewReference['source'] = 'camera') => ({ ...newReference(), source });

  switch (step.do) {
    case 'enrol': {
      await store.createCollection(account, step.collection).catch(expected);
      const [faceId, first] = [newFaceId(), reference()];
      await store.addFace(account, step.collection, {
        faceId,
        references: [first],
        externalKey: step.key,
        metadata: { access: { groups: [newGroup(faceId)], validFrom: null, validUntil: null } },
      });
      ledger.enrolled.set(faceId, first.template);
      return;
    }
    case 'delete': {
      const [collectionId, faceId] = pick(step.nth);
      await store.deleteFace(account, collectionId, faceId);
      ledger.deleted.add(faceId);
      return;
    }
    case 'erase': {
      const [, faceId] = pick(step.nth);
      // A server's database may give no receipt; the face is gone then too.
      await store.erase(account, { faceId });
      ledger.deleted.add(faceId);
      return;
    }
    case 'add-reference':
    case 'automatic': {
      const [collectionId, faceId] = pick(step.nth);
      const added = reference(step.do === 'automatic' ? 'automatic' : 'camera');
      await store.addReferences(account, collectionId, faceId, [added]);
      ledger.added.push({ faceId, template: added.template });
      return;
    }
    case 'forget-automatic':
      await store.unlearn(account, ...pick(step.nth));
      return;
    case 'set-key':
      await store.setExternalKey(account, ...pick(step.nth), step.key, step.allowDuplicates);
      ledger.duplicatesAllowed ||= step.allowDuplicates;
      return;
    case 'remove-key':
      await store.removeExternalKey(account, step.collection, step.key, null);
      return;
    case 'delete-by-key': {
      const gone = await store.faceIdsByExternalKey(account, step.collection, step.key);
      await store.deleteFacesByExternalKey(account, step.collection, step.key);
      for (const faceId of gone) ledger.deleted.add(faceId);
      return;
    }
    case 'rename':
      await store.setMetadata(account, ...pick(step.nth), { name: step.name });
      return;
    case 'give-group': {
      const face = pick(step.nth);
      const group = newGroup(face[1]);
      await regroup(face, (groups) => [...groups, group]);
      return;
    }
    case 'take-group':
      await regroup(pick(step.nth), ([first, ...others]) => {
        if (first !== undefined) ledger.taken.add(first);
        return others;
      });
      return;
    case 'create':
      await store.createCollection(account, step.collection, 'created');
      return;
    case 'describe':
      await store.updateCollection(account, step.collection, step.description);
      return;
    case 'reset':
      await store.resetCollection(account, step.collection);
      for (const faceId of inCollection(step.collection)) ledger.deleted.add(faceId);
      return;
    case 'drop':
      await store.deleteCollection(account, step.collection);
      for (const faceId of inCollection(step.collection)) ledger.deleted.add(faceId);
      return;
    case 'resolve': {
      const isDevice = account === LOCAL_ACCOUNT;
      const open = isDevice ? await new Replica(store).conflicts() : await new Hub(store).conflicts(ACCOUNT);
      const conflicts = open.filter(({ collectionId }) => mayChange(collectionId));
      if (conflicts.length === 0) return;
      const { conflictId } = conflicts[step.nth % conflicts.length]!;
      if (isDevice) await new Replica(store).resolve(conflictId, step.resolution);
      else await new Hub(store).resolve(ACCOUNT, conflictId, step.resolution, 'api:test');
      ledger.duplicatesAllowed ||= step.resolution === 'both';
      ledger.merged ||= step.resolution === 'same-person';
    }
  }
}

/** Every appliance gets in touch, until none has anything to tell; operators agree to what waits for them. */
async function settle(world: World): Promise<void> {
  for (let round = 0; round < 3; round++) {
    for (const device of world.devices) {
      device.faults = [];
      if (!(await device.sync())) throw new Error('A device could not synchronise over a whole line.');
      await device.agree();
    }
  }
}

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Changes, Decision, decodeMessage, encodeMessage, KIOSK_CHANNELS } from '#contract';
import { LOCAL_ACCOUNT } from '#core/store';
import { openDatabase } from '../../core/store/file/database.ts';
import { newTemplate } from '../../core/store/testing/made-up-faces.ts';
import { withDataKey } from '../../core/store/file/place.ts';
import { auditOf } from '../../core/store/testing/store-per-test.ts';
import type { Fetch } from '../../main/sync/index.ts';
import { exchangeAs } from '../sync/member.ts';
import { added, record, RogueDevice } from '../sync/rogue-device.ts';
import { ACCOUNT, facesOf, MODEL, newFaceId, World } from '../sync/world.ts';

/** What an appliance with a valid key may send, and what comes of it at the server and elsewhere. */

let world: World;
let device: RogueDevice;

beforeEach(async () => {
  world = await World.create(1);
  device = await RogueDevice.join(world);
});
afterEach(async () => {
  vi.useRealTimers();
  await world.close();
});

describe('templates that are none', () => {
  it('are refused, and what came with them is taken', async () => {
    await world.enrolAtServer();
    const sound = record(newTemplate(32));
    const answers = await device.push(
      added(record(newTemplate(8), 'fr_feature-87aacdfe5751')),
      added(record(newTemplate(16))),
      added(record(newTemplate(32).fill(Number.NaN))),
      added(record(newTemplate(32).map((value) => value * 3))),
      added(sound),
    );
    expect(answers).toEqual([...Array<string>(4).fill('template-invalid'), null]);
    expect([...(await facesOf(world.server.store, ACCOUNT)).keys()]).toContain(sound.faceId);
    expect((await world.server.store.soundness.inspect()).unsound).toEqual([]);
  });

  it('from a server that lets them in are left out at an appliance, and all other faces arrive', async () => {
    const faceIds = [await world.enrolAtServer(), await world.enrolAtServer(), await world.enrolAtServer()];
    const spoiling: Fetch = async (url, init) => {
      const answer = await world.deliver(url, init);
      if (!url.pathname.endsWith('pull')) return answer;
      const changes = Changes.parse(decodeMessage(new Uint8Array(await answer.arrayBuffer())));
      for (const face of changes.faces) {
        const [reference] = face.references;
        if (face.faceId === faceIds[0]) reference!.templates[0]!.template = new Uint8Array(32);
        if (face.faceId === faceIds[1]) face.references.push(reference!);
      }
      return new Response(Uint8Array.from(encodeMessage(changes)));
    };
    const { store } = world.devices[0]!;
    await exchangeAs(store, spoiling);
    expect([...(await facesOf(store)).keys()].toSorted()).toEqual([faceIds[0]!, faceIds[2]!].toSorted());
    expect(await store.faceReferences(LOCAL_ACCOUNT, 'staff', faceIds[0]!, MODEL)).toEqual([]);
    const refused = (await auditOf(store)).filter(([, { kind }]) => kind === 'face-refused');
    expect(refused.map(([, entry]) => [entry['faceId'], entry['code']])).toEqual([
      [faceIds[0], 'template-invalid'],
      [faceIds[1], 'internal'],
    ]);
  });
});

it('a name that a server sends is kept as it is, and says on a screen no more than its characters', async () => {
  const faceId = await world.enrolAtServer();
  const name = 'Ada\u202e\nOperator';
  await world.server.store.setMetadata(ACCOUNT, 'staff', faceId, { name });
  const { store } = world.devices[0]!;
  await exchangeAs(store, (url, init) => world.deliver(url, init));
  const face = await store.getFace(LOCAL_ACCOUNT, 'staff', faceId);
  expect(face.metadata).toEqual({ name });
  const shown = { faces: [{ metadata: { name: 'Ada\\u{202e}\\u{a}Operator' } }] };
  expect(
    KIOSK_CHANNELS['people.list'].output.parse({
      faces: [{ ...face, hasGroups: false, lastSeenAt: null, differing: 1 }],
      total: 1,
    }),
  ).toMatchObject(shown);
  const granted = { outcome: 'granted', reasons: ['match'], hints: [], person: { faceId, name } };
  expect(Decision.parse(granted).person).toEqual({ faceId, name: 'Ada\\u{202e}\\u{a}Operator' });
});

describe('an appliance with a scope of some collections', () => {
  let mine: string;
  let others: string;
  beforeEach(async () => {
    mine = await world.enrolAtServer('staff');
    others = await world.enrolAtServer('guests');
    await device.allow({ collections: ['staff'] });
  });

  it('changes no face in others, whether it names their collection or claims that they are in its own', async () => {
    const { newest } = await device.pull();
    const guests = { collectionId: 'guests', faceId: others };
    const claimed = { collectionId: 'staff', faceId: others };
    const [reference] = record(newTemplate(32)).references;
    const about = (place: object) => [
      { kind: 'references-added', body: { ...place, references: [reference] } },
      { kind: 'references-removed', body: { ...place, uids: ['a'.repeat(32)] } },
      { kind: 'metadata-set', body: { ...place, metadata: { name: 'Mallory' } } },
      { kind: 'external-key-set', body: { ...place, externalKey: 'k', allowDuplicates: true } },
      { kind: 'external-key-removed', body: { ...place, externalKey: 'k' } },
    ];
    const refused = [
      ...about(guests),
      { kind: 'faces-deleted', body: { collectionId: 'guests', faceIds: [others] } },
      { kind: 'collection-created', body: { collectionId: 'guests', description: 'x' } },
      { kind: 'collection-updated', body: { collectionId: 'guests', description: 'x' } },
      { kind: 'collection-deleted', body: { collectionId: 'guests' } },
      { kind: 'collection-created', body: { collectionId: 'nowhere', description: null } },
      added(record(newTemplate(32), MODEL, 'guests')),
    ];
    expect(await device.push(...refused)).toEqual(refused.map(() => 'not-permitted'));
    const ignored = [
      ...about(claimed),
      { kind: 'faces-deleted', body: { collectionId: 'staff', faceIds: [others] } },
    ];
    expect(await device.push(...ignored)).toEqual(ignored.map(() => null));
    const { store } = world.server;
    expect(await facesOf(store, ACCOUNT)).toEqual(
      new Map([
        [mine, 'staff'],
        [others, 'guests'],
      ]),
    );
    expect(await store.getFace(ACCOUNT, 'guests', others)).toMatchObject({
      metadata: {},
      externalKey: null,
      referenceCount: 1,
    });
    expect((await store.getCollection(ACCOUNT, 'guests')).description).toBeNull();
    expect(await store.tombstones()).toEqual([]);
    expect((await device.pull()).newest).toBe(newest);
  });

  it('gets the same answer about faces outside its scope as about unknown ones', async () => {
    const gone = await world.enrolAtServer('guests');
    await world.server.store.deleteFace(ACCOUNT, 'guests', gone);
    const { collections, faces, goneFaces, own, left } = await device.pull([others, gone, newFaceId()]);
    expect(collections.map(({ collectionId }) => collectionId)).toEqual(['staff']);
    expect(faces.map(({ faceId }) => faceId)).toEqual([mine]);
    expect({ goneFaces, own, left }).toEqual({ goneFaces: [], own: [], left: [] });
  });

  it('neither sees nor ends a conflict in others', async () => {
    await device.allow({});
    const mallory = { ...record(newTemplate(32), MODEL, 'guests'), externalKey: 'k' };
    await device.push(added({ ...mallory, faceId: newFaceId() }), added(mallory));
    const { conflicts } = await device.pull();
    expect(conflicts).toHaveLength(1);
    const body = { conflictId: conflicts[0]!.conflictId, resolution: 'same-person' };
    await device.allow({ collections: ['staff'] });
    expect((await device.pull()).conflicts).toEqual([]);
    expect(await device.push({ kind: 'conflict-resolved', body })).toEqual([null]);
    await device.allow({});
    expect((await device.pull()).conflicts).toEqual(conflicts);
  });

  it('changes its own', async () => {
    const body = { collectionId: 'staff', faceId: mine, metadata: { name: 'Ada' } };
    expect(await device.push({ kind: 'metadata-set', body }, added(record(newTemplate(32))))).toEqual([
      null,
      null,
    ]);
    expect(await world.server.store.getFace(ACCOUNT, 'staff', mine)).toMatchObject({
      metadata: { name: 'Ada' },
    });
  });
});

it('an appliance that may not enrol deletes, and one that may not delete enrols', async () => {
  const faceId = await world.enrolAtServer();
  const enrolment = added(record(newTemplate(32)));
  const deletion = { kind: 'faces-deleted', body: { collectionId: 'staff', faceIds: [faceId] } };
  await device.allow({ mayDelete: false });
  expect(await device.push(enrolment, deletion)).toEqual([null, 'not-permitted']);
  await device.allow({ mayEnrol: false });
  expect(await device.push(added(record(newTemplate(32))), deletion)).toEqual(['not-permitted', null]);
  await device.allow({ mayEnrol: false, mayDelete: false });
  expect(await device.push(added(record(newTemplate(32))), deletion)).toEqual([
    'not-permitted',
    'not-permitted',
  ]);
});

it('texts with a U+0000, which not every database takes, are refused', async () => {
  const described = { collectionId: 'c', description: '\0' };
  expect(
    await device.push(
      { kind: 'collection-created', body: described },
      { kind: 'collection-updated', body: described },
      added(record(newTemplate(32), 'model\0')),
    ),
  ).toEqual(['usage', 'usage', 'usage']);
  const query = {
    replicaId: device.replicaId,
    cursor: 0,
    limit: 1,
    bytes: 1,
    modelId: 'model\0',
    wanted: [],
  };
  expect(await device.send('pull', query)).toBe('usage');
});

it('an appliance needs the right that each operation takes', async () => {
  const collectionId = 'nowhere';
  const face = { collectionId, faceId: newFaceId() };
  const metadata = { name: 'Ada' };
  const operations = [
    { kind: 'collection-created', body: { collectionId, description: null }, takes: 'enrol' },
    { kind: 'collection-updated', body: { collectionId, description: 'x' }, takes: 'enrol' },
    { kind: 'references-added', body: { ...face, references: [] }, takes: 'enrol' },
    { kind: 'metadata-set', body: { ...face, metadata }, takes: 'enrol' },
    { kind: 'external-key-set', body: { ...face, externalKey: 'k', allowDuplicates: true }, takes: 'enrol' },
    { kind: 'references-removed', body: { ...face, uids: ['a'.repeat(32)] }, takes: 'delete' },
    { kind: 'external-key-removed', body: { ...face, externalKey: 'k' }, takes: 'delete' },
    { kind: 'collection-deleted', body: { collectionId }, takes: 'delete' },
    {
      kind: 'conflict-resolved',
      body: { conflictId: `conf_${'1'.repeat(32)}`, resolution: 'same-person' },
      takes: 'enrol delete',
    },
  ];
  const refusals = (right: string) =>
    operations.map(({ kind, takes }) => [kind, takes.includes(right) ? 'not-permitted' : null]);
  const outcomes = async () =>
    (await device.push(...operations.map(({ kind, body }) => ({ kind, body })))).map((code, i) => [
      operations[i]!.kind,
      code,
    ]);
  await device.allow({ mayEnrol: false });
  expect(await outcomes()).toEqual(refusals('enrol'));
  await device.allow({ mayDelete: false });
  expect(await outcomes()).toEqual(refusals('delete'));
});

describe('deletions without end', () => {
  const faceIds = (count: number) => Array.from({ length: count }, newFaceId);
  const deletion = (ids: string[]) => ({
    kind: 'faces-deleted',
    body: { collectionId: 'staff', faceIds: ids },
  });

  it('are limited to a thousand in an operation', async () => {
    expect(await device.push(deletion(faceIds(1001)), deletion(faceIds(1000)))).toEqual(['usage', null]);
  });

  it('are done a few at a time, and others are served between', async () => {
    let turns = 0;
    let isDone = false;
    const count = (): void => {
      turns++;
      if (!isDone) setImmediate(count);
    };
    setImmediate(count);
    await device.push(...Array.from({ length: 10 }, () => deletion(faceIds(1000))));
    isDone = true;
    expect(turns).toBeGreaterThan(20);
    expect(await world.server.store.tombstones()).toHaveLength(10_000);
  });

  it('reach no other appliance where the server never had the face, and end at fifty thousand', async () => {
    const { dir, kekProvider } = world.server;
    expect(await device.push(deletion(faceIds(1000)))).toEqual([null]);
    expect((await device.pull()).goneFaces).toEqual([]);
    await withDataKey(dir, kekProvider, async (path, dataKey) => {
      const database = openDatabase(path, dataKey);
      expect(database.prepare('SELECT count FROM unknown_deletions').pluck().all()).toEqual([1000]);
      database.exec('UPDATE unknown_deletions SET count = 49900');
      database.close();
    });
    expect(await device.push(deletion(faceIds(101)))).toEqual(['too-many-deletions']);
    expect((await world.server.store.tombstones()).length).toBeLessThan(1101);
  });
});

describe('messages without end', () => {
  beforeEach(async () => {
    world.limitsDevices = true;
    await world.restartServer();
  });

  it('are refused from one device, and others are served', async () => {
    const answers = [];
    for (let i = 0; i < 1201; i++) answers.push(await device.send('policy', {}));
    expect(answers.slice(0, 1200)).not.toContain('rate-limited');
    expect(answers.at(-1)).toBe('rate-limited');
    device = await RogueDevice.join(world);
    expect(await device.send('policy', {})).not.toBe('rate-limited');
  });

  it('as are those with too much to do', async () => {
    const ids = Array.from({ length: 100_001 }, () => 'x');
    const operations = [{ number: 1, kind: 'faces-deleted', body: { collectionId: 'c', faceIds: ids } }];
    expect(await device.send('push', { replicaId: device.replicaId, operations })).toBe('rate-limited');
    device = await RogueDevice.join(world);
    expect(
      await device.push({ kind: 'faces-deleted', body: { collectionId: 'c', faceIds: [] } }),
    ).toHaveLength(1);
  });
});

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  Changes,
  decodeMessage,
  encodeMessage,
  Problem,
  Pushed,
  SYNC_MEDIA_TYPE,
  type FaceRecord,
} from '#contract';
import { Devices } from '#core/devices';
import { LOCAL_ACCOUNT } from '#core/store';
import { newTemplate } from '../../core/store/made-up-faces.ts';
import { auditOf } from '../../core/store/store-per-test.ts';
import { pair, type Fetch } from '../../main/sync/index.ts';
import { exchangeAs } from '../sync/member.ts';
import { ACCOUNT, facesOf, MODEL, newFaceId, newReference, World } from '../sync/world.ts';

/** What an appliance with a valid key may send, and what comes of it at the server and elsewhere. */

let world: World;
let devices: Devices;
let deviceKey: string;
let number: number;

beforeEach(async () => {
  world = await World.create(1);
  devices = new Devices(world.server.store);
  ({ deviceKey } = await join());
  number = 0;
});
afterEach(async () => {
  vi.useRealTimers();
  await world.close();
});

const join = async () =>
  await pair(
    { origin: 'http://server', fetch: (url, init) => world.deliver(url, init) },
    {
      code: (await devices.invite(ACCOUNT)).code,
      name: 'door',
      publicKey: await world.server.store.audit.publicKey(),
    },
  );

/** @returns the body of the answer, or the code of the refusal */
async function send(path: string, body: unknown): Promise<unknown> {
  const answer = await world.deliver(new URL(`http://server/v1/sync/${path}`), {
    method: 'POST',
    headers: {
      authorization: `Device ${deviceKey}`,
      'content-type': SYNC_MEDIA_TYPE,
      'lintel-sync': '1',
    },
    body: Uint8Array.from(encodeMessage(body)),
  });
  if (!answer.ok) return Problem.parse(await answer.json()).code;
  return decodeMessage(new Uint8Array(await answer.arrayBuffer()));
}

const replicaId = `rep_${'1'.repeat(32)}`;

/** @returns why each was refused, or null */
async function push(...operations: { kind: string; body: unknown }[]): Promise<(string | null)[]> {
  const numbered = operations.map((operation) => ({ ...operation, number: ++number }));
  const { refused } = Pushed.parse(await send('push', { replicaId, operations: numbered }));
  const codes = new Map(refused.map(({ number, code }) => [number, code]));
  return numbered.map(({ number }) => codes.get(number) ?? null);
}

function record(template: Float32Array, modelId = MODEL, collectionId = 'staff'): FaceRecord {
  const createdAt = new Date().toISOString();
  const travelling = { modelId, template: new Uint8Array(template.buffer) };
  const reference = {
    uid: newFaceId().slice(5),
    quality: 1,
    source: 'camera' as const,
    createdAt,
    templates: [travelling],
    image: null,
  };
  return {
    collectionId,
    faceId: newFaceId(),
    externalKey: null,
    metadata: {},
    createdAt,
    references: [reference],
  };
}

const added = (face: FaceRecord) => ({ kind: 'face-added', body: { face } });

const enrolAtServer = async (collectionId = 'staff'): Promise<string> => {
  const { store } = world.server;
  await store.createCollection(ACCOUNT, collectionId).catch(() => undefined);
  const faceId = newFaceId();
  await store.addFace(ACCOUNT, collectionId, { faceId, references: [newReference()] });
  return faceId;
};

describe('templates that are none', () => {
  it('are refused, and what came with them is taken', async () => {
    await enrolAtServer();
    const sound = record(newTemplate(32));
    const answers = await push(
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

  it('from a server that lets them in are left out at an appliance, and everybody else comes', async () => {
    const faceIds = [await enrolAtServer(), await enrolAtServer(), await enrolAtServer()];
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

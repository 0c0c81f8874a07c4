import {
  Changes,
  DEFAULT_POLICY,
  decodeMessage,
  encodeMessage,
  Problem,
  Pushed,
  SYNC_MEDIA_TYPE,
  type DevicePolicy,
  type FaceRecord,
  type Paired,
} from '#contract';
import { Devices } from '#core/devices';
import { pair } from '../../main/sync/index.ts';
import { ACCOUNT, MODEL, newFaceId, type World } from './world.ts';

/** Joins the server of a world by a code, and no more. */
export async function pairWith(world: World, code: string): Promise<Paired> {
  const address = {
    origin: 'https://server',
    fetch: (url: URL, init: RequestInit) => world.deliver(url, init),
  };
  const publicKey = await world.server.store.audit.publicKey();
  return await pair(address, { code, name: 'door', publicKey });
}

/** How a message is sent besides what it says: by default as an appliance does. */
export interface Manner {
  readonly protocol?: string;
  /** In place of the encoded message. */
  readonly raw?: Uint8Array;
}

/** Tells the server of a world anything. @returns the body of the answer, or the code of the refusal */
export async function sendTo(
  world: World,
  deviceKey: string,
  name: string,
  body: unknown,
  { protocol = '1', raw }: Manner = {},
): Promise<unknown> {
  const answer = await world.deliver(new URL(`https://server/v1/sync/${name}`), {
    method: 'POST',
    headers: {
      authorization: `Device ${deviceKey}`,
      'content-type': SYNC_MEDIA_TYPE,
      'lintel-sync': protocol,
    },
    body: Uint8Array.from(raw ?? encodeMessage(body)),
  });
  if (!answer.ok) return Problem.parse(await answer.json()).code;
  return decodeMessage(new Uint8Array(await answer.arrayBuffer()));
}

/** A device with a valid key that says to the server of a world whatever it likes. */
export class RogueDevice {
  readonly deviceId: string;
  /** By which name it sends operations. */
  readonly replicaId = `rep_${'1'.repeat(32)}`;
  readonly #world: World;
  readonly #deviceKey: string;
  #number = 0;

  private constructor(world: World, { deviceId, deviceKey }: Paired) {
    this.#world = world;
    this.deviceId = deviceId;
    this.#deviceKey = deviceKey;
  }

  static async join(world: World): Promise<RogueDevice> {
    const { code } = await new Devices(world.server.store).invite(ACCOUNT);
    return new RogueDevice(world, await pairWith(world, code));
  }

  /** @returns the body of the answer, or the code of the refusal */
  send(name: string, body: unknown): Promise<unknown> {
    return sendTo(this.#world, this.#deviceKey, name, body);
  }

  /** @returns why each was refused, or null */
  async push(...operations: { kind: string; body: unknown }[]): Promise<(string | null)[]> {
    const numbered = operations.map((operation) => ({ ...operation, number: ++this.#number }));
    const { replicaId } = this;
    const { refused } = Pushed.parse(await this.send('push', { replicaId, operations: numbered }));
    const codes = new Map(refused.map(({ number, code }) => [number, code]));
    return numbered.map(({ number }) => codes.get(number) ?? null);
  }

  /** All that it is told from the beginning on. */
  async pull(wanted: string[] = []): Promise<Changes> {
    const { replicaId } = this;
    const query = { replicaId, cursor: 0, limit: 1000, bytes: 16_000_000, modelId: MODEL, wanted };
    return Changes.parse(await this.send('pull', query));
  }

  /** The server sets its policy to these rights, and to the default otherwise. */
  async allow(rights: Partial<DevicePolicy>): Promise<void> {
    const policy = { ...DEFAULT_POLICY, ...rights };
    await new Devices(this.#world.server.store).setPolicy(ACCOUNT, this.deviceId, policy);
  }
}

/** A face as it travels, with one reference. */
export function record(template: Float32Array, modelId = MODEL, collectionId = 'staff'): FaceRecord {
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

/** The operation that enrols it. */
export const added = (face: FaceRecord) => ({ kind: 'face-added', body: { face } });

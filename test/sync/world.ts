import { createHash, randomBytes } from 'node:crypto';
import { existsSync, rmSync } from 'node:fs';
import { cp, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { decode, encode } from '@msgpack/msgpack';
import Fastify, { type FastifyInstance, type LightMyRequestResponse } from 'fastify';
import { Changes, DEFAULT_POLICY, LintelError, Pull, Push } from '#contract';
import { Devices } from '#core/devices';
import {
  fileKekProvider,
  LOCAL_ACCOUNT,
  openStore,
  type KekProvider,
  type NewReference,
  type SqlStore,
} from '#core/store';
import { openPostgresStore } from '#core/store/postgres';
import { Replica } from '#core/sync';
import type { Fetch } from '../../main/sync/index.ts';
import { installErrors, sendProblem } from '../../server/http/errors/index.ts';
import { sync } from '../../server/sync/index.ts';
import { newSessions } from '../support/held.ts';
import { ACCOUNT, exchangeAs, feedMembership, joinAs, MODEL } from './member.ts';

export { ACCOUNT, MODEL };
const DIMENSION = 32;

/** In memory where the system has such a folder: histories are about order, not about disks. */
export const FOLDER = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();

/** What the network does to one message. */
export type Fault = 'none' | 'lose-request' | 'lose-answer' | 'twice' | 'late-again';

/** A server and its devices: real stores in files, real messages, and a network that does as it is told. */
export class World {
  readonly folder: string;
  server!: Machine;
  app!: FastifyInstance;
  readonly devices: Device[] = [];
  /**
   * Whether appliances are newer than the server, and the server newer than the appliances: each says things that the
   * other does not know yet.
   */
  isMixed = false;
  /** Pushes as they reached the server, to be played again. */
  readonly pushes: { url: string; init: RequestInit }[] = [];

  /** Whether the server counts what devices send; takes effect when it starts. */
  limitsDevices = false;

  #joined = 0;

  /** Most changes that appliances are told at once; null: as many as they ask for. */
  pageSize: number | null = null;

  /** How many people the server may remove from an appliance before its operator agrees; null: as many as in earnest. */
  unasked: number | null = null;

  private constructor(folder: string) {
    this.folder = folder;
  }

  static async create(deviceCount: number): Promise<World> {
    const world = new World(await mkdtemp(join(FOLDER, 'lintel-world-')));
    world.server = await Machine.create(join(world.folder, 'server'));
    await world.startServer();
    for (let i = 0; i < deviceCount; i++) {
      world.devices.push(await Device.join(world, join(world.folder, `device-${i}`)));
    }
    return world;
  }

  async startServer(): Promise<void> {
    this.app = Fastify();
    installErrors(this.app, sendProblem, ['/']);
    const { store } = this.server;
    const dedupe = { look: () => undefined };
    sync(this.app, {
      store,
      servers: store.servers,
      devices: new Devices(store),
      dedupe,
      sessions: newSessions(store),
      modelId: MODEL,
      version: 'test',
      record: (entry) => store.audit.append(entry),
      limitsDevices: this.limitsDevices,
    });
    await this.app.ready();
  }

  /** @param meanwhile what happens to the server's folder */
  async restartServer(meanwhile?: () => Promise<unknown>): Promise<void> {
    await this.app.close();
    await this.server.restart(meanwhile);
    await this.startServer();
  }

  async close(): Promise<void> {
    await this.app.close();
    await this.server.store.close();
    for (const device of this.devices) await device.store.close();
    await rm(this.folder, { recursive: true });
  }

  /** Somebody is enrolled at the server. @returns the id of the face */
  async enrolAtServer(collectionId = 'staff'): Promise<string> {
    const { store } = this.server;
    await store.createCollection(ACCOUNT, collectionId).catch(() => undefined);
    const faceId = newFaceId();
    await store.addFace(ACCOUNT, collectionId, { faceId, references: [newReference()] });
    return faceId;
  }

  /** A message to the server, as it comes through. */
  async deliver(url: URL, sent: RequestInit): Promise<Response> {
    let init = this.isMixed && url.pathname === '/v1/sync/push' ? fromNewer(sent) : sent;
    if (url.pathname === '/v1/sync/pull' && this.pageSize !== null) init = inPages(sent, this.pageSize);
    if (url.pathname === '/v1/sync/push') this.pushes.push({ url: url.href, init });
    const payload = init.body;
    const answer: LightMyRequestResponse = await this.app.inject({
      method: init.method === 'POST' ? 'POST' : 'GET',
      url: url.pathname,
      // Each joins from another.
      remoteAddress: url.pathname === '/v1/sync/pair' ? `10.0.0.${this.#joined++ % 256}` : '10.0.1.1',
      headers: init.headers as Record<string, string>,
      ...(payload !== undefined && {
        payload: typeof payload === 'string' ? payload : Buffer.from(payload as Uint8Array),
      }),
    });
    const isChanges = url.pathname === '/v1/sync/pull' && answer.statusCode === 200;
    const body = this.isMixed && isChanges ? ofNewer(answer.rawPayload) : answer.rawPayload;
    return new Response(new Uint8Array(body), {
      status: answer.statusCode,
      headers: { 'content-type': String(answer.headers['content-type']) },
    });
  }

  /** Every push that ever came through comes once more, in any order. */
  async replay(order: (count: number) => number[]): Promise<void> {
    const all = [...this.pushes];
    for (const i of order(all.length)) {
      const { url, init } = all[i]!;
      await this.deliver(new URL(url), init);
    }
  }
}

/** Operations as a later version of the appliance may send them: of a kind and with members that are not known yet. */
function fromNewer(init: RequestInit): RequestInit {
  const push = Push.parse(decode(init.body as Uint8Array));
  const operations = push.operations.map((operation) => ({
    ...operation,
    kind: operation.kind === 'metadata-set' ? 'metadata-set-2' : operation.kind,
    reason: 'of a later version',
  }));
  return { ...init, body: Uint8Array.from(encode({ ...push, operations, later: true })) };
}

/** Then many messages are needed also where little happened. */
function inPages(init: RequestInit, size: number): RequestInit {
  const pull = Pull.parse(decode(init.body as Uint8Array));
  return { ...init, body: Uint8Array.from(encode({ ...pull, limit: Math.min(pull.limit, size) })) };
}

/** Changes as a later version of the server may tell them. */
function ofNewer(payload: Buffer): Uint8Array {
  const changes = Changes.parse(decode(payload));
  const faces = changes.faces.map((face) => ({ ...face, badge: 'of a later version' }));
  return encode({ ...changes, faces, badges: [{ badgeId: 1 }] });
}

/** A store in a folder that outlives its process. */
export class Machine {
  readonly dir: string;
  store: SqlStore;
  /** What its clock is off by. */
  clockMs = 0;

  protected constructor(dir: string, store: SqlStore) {
    this.dir = dir;
    this.store = store;
  }

  static async create(dir: string): Promise<Machine> {
    return new Machine(dir, await openNew(dir));
  }

  /** @param meanwhile what happens to its folder */
  async restart(meanwhile: () => Promise<unknown> = async () => undefined): Promise<void> {
    await this.store.close();
    await meanwhile();
    this.store = await open(this.dir);
  }

  get kekProvider(): KekProvider {
    return fileKekProvider(join(this.dir, 'key'));
  }
}

function open(dir: string): Promise<SqlStore> {
  const kekProvider = fileKekProvider(join(dir, 'key'));
  const url = databaseOf(dir);
  return url === null ? openStore({ dir, kekProvider }) : openPostgresStore({ url, kekProvider });
}

/** Where histories are run with LINTEL_DATABASE, the server of each world has a schema of its own in that database. */
function databaseOf(dir: string): string | null {
  const { LINTEL_DATABASE: database } = process.env;
  if (!database || basename(dir) !== 'server') return null;
  const url = new URL(database);
  url.searchParams.set('schema', `world_${createHash('sha256').update(dir).digest('hex').slice(0, 16)}`);
  return url.href;
}

/** New stores of the machines of every world, made once: making one takes longer than copying it. */
const blanks = new Map<string, Promise<string>>();

/** A store that no process has used, in a folder that does not exist. */
async function openNew(dir: string): Promise<SqlStore> {
  if (databaseOf(dir) !== null) {
    await mkdir(dir, { mode: 0o700 });
    return await open(dir);
  }
  const name = basename(dir);
  if (!/^(server|device-\d)$/.test(name)) return await open(dir);
  let blank = blanks.get(name);
  if (blank === undefined) {
    blank = (async () => {
      const folder = await mkdtemp(join(FOLDER, 'lintel-blank-'));
      process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
      await (await open(folder)).close();
      return folder;
    })();
    blanks.set(name, blank);
  }
  await cp(await blank, dir, { recursive: true });
  return await open(dir);
}

export class Device extends Machine {
  readonly #world: World;
  /** What becomes of the next messages. */
  faults: Fault[] = [];
  #late: { url: URL; init: RequestInit } | null = null;

  private constructor(world: World, dir: string, store: SqlStore) {
    super(dir, store);
    this.#world = world;
  }

  static async join(world: World, dir: string): Promise<Device> {
    const device = new Device(world, dir, await openNew(dir));
    const devices = new Devices(world.server.store);
    await joinAs(device.store, (url, init) => world.deliver(url, init), devices);
    return device;
  }

  /** The server sets its scope: these collections; null: all. */
  async setScope(collections: string[] | null): Promise<void> {
    const { deviceId } = await feedMembership(this.store);
    const policy = { ...DEFAULT_POLICY, collections };
    await new Devices(this.#world.server.store).setPolicy(ACCOUNT, deviceId, policy);
  }

  /** The operator agrees to remove the faces that the server wants removed. */
  async agree(): Promise<void> {
    await new Replica(this.store).confirmRemovals('operator');
  }

  /** One exchange, or what there is of it before a message is lost. @returns whether it came to its end */
  async sync(): Promise<boolean> {
    const fetch: Fetch = (url, init) => this.#send(url, init);
    try {
      const { unasked } = this.#world;
      const mostUnasked = unasked === null ? undefined : () => unasked;
      await exchangeAs(this.store, fetch, { dropsImages: true, mostUnasked });
      return true;
    } catch (error) {
      if (error instanceof LintelError && error.code === 'server-unreachable') return false;
      throw error;
    }
  }

  async #send(url: URL, init: RequestInit): Promise<Response> {
    const world = this.#world;
    const fault = this.faults.shift() ?? 'none';
    if (fault === 'lose-request') throw new TypeError('fetch failed');
    if (this.#late !== null) {
      // What was held up somewhere comes after what was sent later.
      const { url, init } = this.#late;
      this.#late = null;
      await world.deliver(url, init);
    }
    if (fault === 'twice') await world.deliver(url, init);
    if (fault === 'late-again') this.#late = { url, init };
    const answer = await world.deliver(url, init);
    if (fault === 'lose-answer') throw new TypeError('fetch failed');
    return answer;
  }
}

export const newFaceId = (): string => `face_${randomBytes(16).toString('hex')}`;

/** A made-up reference of unit length. */
export function newReference(random: () => number = Math.random): NewReference {
  const values = Float32Array.from({ length: DIMENSION }, () => random() - 0.5);
  const length = Math.hypot(...values);
  return {
    modelId: MODEL,
    template: values.map((value) => value / length),
    quality: 0.9,
    source: 'camera',
  };
}

/** Every face of a store and the collection it is in. */
export async function facesOf(
  store: SqlStore,
  account: string = LOCAL_ACCOUNT,
): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for (const { collectionId } of await store.listCollections(account)) {
    for (const { faceId } of (await store.listFaces(account, collectionId)).faces) {
      found.set(faceId, collectionId);
    }
  }
  return found;
}

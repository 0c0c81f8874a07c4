import { rm, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { AuditEntry, AuditRecord, type ModelSetName } from '#contract';
import { Accounts } from '#core/accounts';
import { verifyLog } from '#core/audit';
import { Devices } from '#core/devices';
import { modelIdOf, NETWORK_SETS } from '#core/recognition';
import { fileKekProvider, LOCAL_ACCOUNT, openStore, type SqlStore } from '#core/store';
import { Hub, Replica } from '#core/sync';
import { seeded } from '../../../core/matching/testing/random-templates.ts';
import type { Orders } from './messages.ts';
import { LINES, Network, type Line } from './network.ts';
import { COLLECTION, faceIdOf, isDeletedAgain, personOf } from './people.ts';
import { ApplianceProcess, ServerProcess } from './processes.ts';

const WEIGHTS = fileURLToPath(new URL('../../../models/weights', import.meta.url));
const MODELS: ModelSetName = 'default';
const DIMENSION = NETWORK_SETS.default.embedder.dimension;

export interface TrialOptions {
  /** Made-up people: four of five are enrolled at the appliance, the others at the server. */
  readonly people: number;
  /** kill -9 of either side, in all. */
  readonly kills: number;
  readonly seed: number;
  /** People who are enrolled afterwards over a line of 9.6 kbit/s. */
  readonly slowPeople: number;
  /** Size of the picture that the last of them has. */
  readonly slowPictureBytes: number;
  readonly onProgress?: (text: string) => void;
}

export interface Tally {
  readonly hasNetem: boolean;
  killed: { server: number; appliance: number };
  cuts: number;
  /** Seconds spent on each kind of line while killing. */
  lines: Record<Line, number>;
  seconds: { killing: number; converging: number; slow: number };
  /** Faces that live at the end, on either side, and deletions. */
  faces: number;
  deleted: number;
}

/**
 * An appliance and a server as processes on two hosts keep in step while either is killed, their line is cut, drops
 * packets, holds them up, or is slow.
 * @throws Error that says what is lost, doubled or different
 */
export async function trial(options: TrialOptions): Promise<Tally> {
  const folder = await mkdtemp(join(tmpdir(), 'lintel-hosts-'));
  const network = Network.create();
  const hosts = new Hosts(network, folder, await modelIdOf(WEIGHTS, MODELS), options);
  try {
    return await hosts.run();
  } finally {
    await hosts.end();
    network.remove();
    await rm(folder, { recursive: true });
  }
}

class Hosts {
  readonly #network: Network;
  readonly #options: TrialOptions;
  readonly #folder: string;
  readonly #modelId: string;
  readonly #random: () => number;
  readonly #tally: Tally;
  #account = '';
  #orders!: Orders;
  #server!: ServerProcess;
  #appliance!: ApplianceProcess;

  constructor(network: Network, folder: string, modelId: string, options: TrialOptions) {
    this.#network = network;
    this.#folder = folder;
    this.#modelId = modelId;
    this.#options = options;
    this.#random = seeded(options.seed);
    this.#tally = {
      hasNetem: network.hasNetem,
      killed: { server: 0, appliance: 0 },
      cuts: 0,
      lines: { clean: 0, lossy: 0, delayed: 0, '9.6 kbit/s': 0 },
      seconds: { killing: 0, converging: 0, slow: 0 },
      faces: 0,
      deleted: 0,
    };
  }

  async run(): Promise<Tally> {
    const { people, kills, slowPeople, slowPictureBytes: pictureBytes } = this.#options;
    this.#server = await this.#startServer();
    const atAppliance = Math.ceil(people * 0.8);
    this.#orders = {
      ...this.#place('appliance'),
      origin: `http://${this.#network.serverAddress}:8080`,
      code: await this.#invite(),
      modelId: this.#modelId,
      dimension: DIMENSION,
      prefix: 'door',
      people: 0,
      pictureBytes: 0,
      pauseMs: 0,
      isEager: true,
    };
    this.#appliance = this.#startAppliance();
    await this.#inStep();
    await this.#appliance.stop();

    // Enrolled a few at a time, so that every kill strikes a synchronisation under way.
    this.#orders = { ...this.#orders, people: atAppliance, pauseMs: (kills * 500) / atAppliance };
    this.#appliance = this.#startAppliance();
    const killing = performance.now();
    for (let i = 0; i < kills; i++) {
      const [from, to] = [i, i + 1].map((n) => Math.floor((n * (people - atAppliance)) / kills));
      await this.#enrolAtServer(from!, to!);
      await this.#disturb();
      await this.#killOne();
      this.#options.onProgress?.(`${i + 1} of ${kills} kills`);
    }
    this.#tally.seconds.killing = secondsSince(killing);

    this.#network.be('clean');
    const converging = performance.now();
    await this.#inStep();
    this.#tally.seconds.converging = secondsSince(converging);

    await this.#appliance.stop();
    this.#network.be('9.6 kbit/s');
    const everybody = atAppliance + slowPeople;
    this.#orders = { ...this.#orders, people: everybody, pictureBytes, pauseMs: 0 };
    const slow = performance.now();
    this.#appliance = this.#startAppliance();
    await this.#inStep();
    this.#tally.seconds.slow = secondsSince(slow);

    await this.end();
    await this.#check(everybody, people - atAppliance);
    return this.#tally;
  }

  async end(): Promise<void> {
    await this.#appliance?.stop();
    await this.#server?.stop();
  }

  /** Cut the line now and then, or make it another. */
  async #disturb(): Promise<void> {
    const line = LINES[Math.floor(this.#random() * LINES.length)]!;
    const start = performance.now();
    this.#network.be(line);
    await sleep(200 + this.#random() * 1500);
    if (this.#random() < 0.6) {
      this.#network.set('down');
      this.#tally.cuts++;
      await sleep(this.#random() * 800);
      this.#network.set('up');
    }
    await sleep(this.#random() * 300);
    this.#tally.lines[line] += secondsSince(start);
  }

  async #killOne(): Promise<void> {
    // A process may be killed while it starts, too.
    if (this.#random() < 0.5) {
      await this.#appliance.kill();
      this.#tally.killed.appliance++;
      this.#appliance = this.#startAppliance();
    } else {
      await this.#server.kill();
      this.#tally.killed.server++;
      const started = this.#startServer();
      this.#server = await started;
    }
  }

  /** Wait for an exchange that began after this call and leaves nothing to be told. */
  async #inStep(): Promise<void> {
    const seen = this.#appliance.whole;
    for (;;) {
      await sleep(200);
      this.#appliance.requireAlive();
      const { last, whole } = this.#appliance;
      const isDone = last !== null && last.whole && last.queue === 0 && last.enrolled === this.#orders.people;
      // The first that ends may have begun before.
      if (isDone && whole >= seen + 2) return;
    }
  }

  async #startServer(): Promise<ServerProcess> {
    const server = new ServerProcess(
      this.#network.server,
      this.#network.serverAddress,
      this.#place('server'),
    );
    await server.listening;
    return server;
  }

  #startAppliance(): ApplianceProcess {
    return new ApplianceProcess(this.#network.appliance, this.#orders);
  }

  #place(name: 'server' | 'appliance'): { data: string; keyFile: string } {
    return { data: join(this.#folder, name), keyFile: join(this.#folder, `${name}.key`) };
  }

  async #with<T>(name: 'server' | 'appliance', work: (store: SqlStore) => Promise<T>): Promise<T> {
    const { data, keyFile } = this.#place(name);
    const store = await openStore({ dir: data, kekProvider: fileKekProvider(keyFile) });
    try {
      return await work(store);
    } finally {
      await store.close();
    }
  }

  async #invite(): Promise<string> {
    return await this.#with('server', async (store) => {
      const [account] = await new Accounts(store).list();
      this.#account = account!.accountId;
      await store.createCollection(this.#account, COLLECTION);
      return (await new Devices(store).invite(this.#account)).code;
    });
  }

  async #enrolAtServer(from: number, to: number): Promise<void> {
    if (from === to) return;
    await this.#with('server', async (store) => {
      for (let i = from; i < to; i++) {
        await store.addFace(this.#account, COLLECTION, personOf(`desk-${i}`, this.#modelId, DIMENSION));
      }
    });
  }

  /** Everybody is on both sides, once, and the sides are the same. */
  async #check(atAppliance: number, atServer: number): Promise<void> {
    const names = (prefix: string, count: number): string[] =>
      Array.from({ length: count }, (_, i) => faceIdOf(`${prefix}-${i}`));
    const door = names('door', atAppliance);
    const deleted = door.filter((_, i) => isDeletedAgain(i));
    const living = [...door.filter((_, i) => !isDeletedAgain(i)), ...names('desk', atServer)].toSorted();
    const hashes = await Promise.all([
      this.#with('server', async (store) => {
        await examine('The server', store, this.#account, living);
        return await new Hub(store).sharedHash(this.#account, this.#modelId);
      }),
      this.#with('appliance', async (store) => {
        await examine('The appliance', store, LOCAL_ACCOUNT, living);
        return await new Replica(store).sharedHash(this.#modelId);
      }),
    ]);
    if (hashes[0] !== hashes[1]) throw new Error('The two sides differ.');
    this.#tally.faces = living.length;
    this.#tally.deleted = deleted.length;
  }
}

async function examine(
  who: string,
  store: SqlStore,
  account: string,
  living: readonly string[],
): Promise<void> {
  const { faces } = await store.listFaces(account, COLLECTION);
  const there = faces.map(({ faceId }) => faceId).toSorted();
  const lost = living.filter((faceId) => !there.includes(faceId)).length;
  const surplus = there.filter((faceId) => !living.includes(faceId)).length;
  if (lost + surplus > 0) throw new Error(`${who} has lost ${lost} faces and has ${surplus} too many.`);
  const doubled = faces.filter(({ referenceCount }) => referenceCount !== 1).length;
  if (doubled > 0) throw new Error(`${who} has ${doubled} faces with a reference too many or too few.`);
  await store.inspectSealed();

  // The log of each machine tells how often each face was taken in.
  const publicKey = await store.audit.publicKey();
  const { problem } = await verifyLog(store.audit.lines(), { publicKey });
  if (problem !== null) throw new Error(`${who}: line ${problem.line} of its audit log: ${problem.what}`);
  const enrolments = new Map<string, number>();
  for await (const line of store.audit.lines()) {
    const entry = AuditEntry.parse(AuditRecord.parse(JSON.parse(line)).entry);
    if (entry.kind === 'enrolled') enrolments.set(entry.faceId, (enrolments.get(entry.faceId) ?? 0) + 1);
  }
  const again = [...enrolments].filter(([, times]) => times > 1).length;
  const unrecorded = living.filter((faceId) => !enrolments.has(faceId)).length;
  if (again + unrecorded > 0)
    throw new Error(`${who} took ${again} faces in again, ${unrecorded} unrecorded.`);
}

const secondsSince = (start: number): number => (performance.now() - start) / 1000;

import { readFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { createSecureContext } from 'node:tls';
import { fileURLToPath } from 'node:url';
import type { FastifyInstance } from 'fastify';
import type { Logger } from 'pino';
import { DESCRIPTOR_CALIBRATION, LintelError } from '#contract';
import { Accounts, type Credentials } from '#core/accounts';
import { listAssets } from '#core/assets';
import { Devices } from '#core/devices';
import { IndexMemory } from '#core/gallery';
import { loadCalibration } from '#core/matching';
import { createRecognizer, type Recognizer, type RecognizerOptions } from '#core/recognition';
import { claimDataFolder, fileKekProvider, openStore, type Store } from '#core/store';
import { Ledger } from '#core/usage';
import { Deliverer } from '#core/webhooks';
import { createRecorder, listenAt, startRetention, watchForDamage } from '#core/upkeep';
import packageJson from '../package.json' with { type: 'json' };
import { createApp } from './app.ts';
import { pageCalls, WidgetFiles } from './dialects/faceauth/index.ts';
import { FaceSessions } from './face-sessions.ts';
import { Galleries } from './galleries.ts';
import type { HeadersDeadline } from './http/deadline.ts';
import { Idempotency } from './http/idempotency/index.ts';
import { createImageFetcher, createImageSource, type FetchOptions } from './http/images/index.ts';
import { createPoster, type PosterOptions } from '#core/outbound';
import { AskingHolders, Held } from './nodes/index.ts';
import type { ServerOptions } from './options.ts';
import { recognizersOf } from './recognizers.ts';
import { sessionCalls, SharedSessions } from './shared-sessions.ts';
import { createDedupe, startTrimming } from './sync/index.ts';

const MODELS = fileURLToPath(new URL('../models', import.meta.url));
const WIDGET = fileURLToPath(new URL('../dist/widget', import.meta.url));

/** Images that may wait; the last of them does so for some seconds. */
const QUEUE = 256;

/**
 * Threads that recognise, where no option says: one for each processor, since they step back for the event loop, up to
 * here, since each takes 100 MB.
 */
const MOST_WORKERS = 16;

/** Webhooks of one account that are told at once, so that its slow ones leave places to other accounts. */
const WEBHOOKS_AT_ONCE = 8;

export interface RunningServer {
  readonly app: FastifyInstance;
  /** Where it listens. */
  readonly origin: string;
  /** The account that was made because there was none, or null. */
  readonly created: Credentials | null;
  /** Takes no more requests, answers those it took, and closes the store. */
  close(): Promise<void>;
}

export interface StartOptions extends ServerOptions {
  readonly log: Logger;
  /** Key of the account that is made when there is none. */
  readonly bootstrapKey?: string;
  /** Address of the PostgreSQL database that has the store; by default the store is a file in the data folder. */
  readonly database?: string;
  readonly fetchImage?: FetchOptions;
  readonly postWebhooks?: Partial<PosterOptions>;
  readonly headersDeadline?: HeadersDeadline;
  /** Opens the networks. By default {@link createRecognizer}. */
  readonly openRecognizer?: (options: RecognizerOptions) => Promise<Recognizer>;
}

/** @throws LintelError `store-*`, `model-*` (`model-other`: the store's people were enrolled with another), `calibration-missing`, `key-invalid`, `usage`, `address-unavailable`, `already-running` */
export async function startServer(options: StartOptions): Promise<RunningServer> {
  const { data, host, port, log, openRecognizer = createRecognizer } = options;
  const tls = await readCertificate(options);
  await using stack = new AsyncDisposableStack();
  if (options.nodeUrl !== undefined && options.database === undefined) {
    throw new LintelError('usage', '--node-url takes a database that several servers share.');
  }
  const claim = await claimDataFolder(data);
  stack.defer(() => claim.release());

  const recognizer = await openRecognizer({
    weightsDir: join(MODELS, 'weights'),
    set: options.models,
    queue: QUEUE,
    workers: options.workers ?? Math.min(MOST_WORKERS, availableParallelism()),
  });
  stack.defer(() => recognizer.close());
  const { modelId, dimension } = recognizer;
  const calibration = await loadCalibration(MODELS, modelId);
  const kekProvider = fileKekProvider(options.keyFile);
  const store =
    options.database === undefined
      ? await openStore({ dir: data, kekProvider, rewriteAside: true, claim })
      : await (
          await import('#core/store/postgres')
        ).openPostgresStore({
          url: options.database,
          kekProvider,
          serves: true,
          address: options.nodeUrl,
        });
  stack.defer(() => store.close());
  const { servers } = store;
  const accounts = new Accounts(store);
  await requireModel(store, accounts, modelId);
  // What lies in the folder of an appliance stays for the appliance to remove.
  const policy = {
    keepImages: 'always',
    keepAuditDays: options.keepAuditDays,
    keepEventDays: options.keepAuditDays,
    epochDays: options.epochDays,
  } as const;
  stack.defer(startRetention(store, () => policy, log));
  const watched = watchForDamage(store, log);
  stack.defer(() => watched);

  const memory = new IndexMemory(options.indexMemory === undefined ? undefined : options.indexMemory * 1e6);
  const holders = servers.nodes === null ? null : new AskingHolders(servers.nodes, log);
  const galleries = new Galleries({
    store,
    memory,
    ...(holders !== null && { holders }),
    modelId,
    dimension,
    calibration,
    descriptorCalibration: await loadCalibration(MODELS, DESCRIPTOR_CALIBRATION),
  });
  galleries.followHints(servers, log);
  const dedupe = createDedupe({
    store,
    recognizer,
    keepsImages: options.keepImages === 'always',
    galleryOf: (account) => galleries.of(account),
    onError: (error) => log.error({ err: error }, 'the search for duplicates failed'),
  });
  stack.defer(() => dedupe.close());

  const fetching = {
    ...(options.imageUrlPorts !== undefined && { ports: options.imageUrlPorts }),
    ...options.fetchImage,
  };
  const poster = createPoster({
    isPrivateAllowed: options.webhookPrivate === 'on',
    ...options.postWebhooks,
  });
  const deliverer = new Deliverer({
    webhooks: store.webhooks,
    post: poster.post,
    mayDeliver: () => servers.isLeader,
    perAccount: WEBHOOKS_AT_ONCE,
    onError: (error) => log.error({ err: error }, 'webhooks are not delivered'),
  });
  stack.defer(() => deliverer.close());
  const ownSessions = new FaceSessions();
  const pageSteps = { steps: options.widgetSteps, seconds: options.widgetStepSeconds };
  const calls = { ...sessionCalls(ownSessions), ...pageCalls({ store, pageSteps }) };
  const held = new Held(servers, calls, log);
  const app = await createApp({
    poster,
    deliverer,
    store,
    servers,
    devices: new Devices(store),
    modelId,
    version: packageJson.version,
    galleries,
    memory,
    holders,
    dedupe,
    recognizer,
    recognizers: recognizersOf(recognizer, accounts),
    loadImage: createImageSource(options.imageUrl === 'on' ? createImageFetcher(fetching) : null),
    idempotency: new Idempotency(store.replies),
    accounts,
    calibration,
    ledger: new Ledger(store),
    sessions: new SharedSessions(ownSessions, held),
    calls,
    held,
    record: createRecorder(store.audit, log),
    widget: await widgetFiles(log),
    rateLimit: options.rateLimit,
    isDocumented: options.swagger === 'on',
    mayRegister: options.registration === 'on',
    connections: {
      ...(options.maxConnections !== undefined && { all: options.maxConnections }),
      ...(options.maxConnectionsPerAddress !== undefined && { perAddress: options.maxConnectionsPerAddress }),
    },
    log,
    ...(options.headersDeadline !== undefined && { headersDeadline: options.headersDeadline }),
    ...(tls !== null && { tls }),
  });
  const accountIds = async () => (await accounts.list()).map(({ accountId }) => accountId);
  stack.defer(startTrimming(store, accountIds, log));
  // Also what a server that ended left in the queue.
  servers.whenLeading(() => {
    accountIds().then(
      (accounts) => accounts.forEach((account) => dedupe.look(account)),
      (error: unknown) => log.error({ err: error }, 'no duplicates are searched for'),
    );
  });
  // Closed first: the answers under way still need the recognizer and the store.
  stack.defer(() => app.close());
  const origin = await listenAt(app, { host, port }, log);
  deliverer.wake();
  // Last: its key is shown once, which only a server that has started does.
  const created = await accounts.bootstrap(options.bootstrapKey);
  const running = stack.move();
  return { app, origin, created, close: () => running.disposeAsync() };
}

/** Null where the widget was not built. */
async function widgetFiles(log: Logger): Promise<WidgetFiles | null> {
  try {
    const mediapipeDir = join(WIDGET, 'mediapipe/wasm');
    const weightsDir = join(MODELS, 'weights');
    return new WidgetFiles(await listAssets({ rendererDir: WIDGET, mediapipeDir, weightsDir }));
  } catch {
    log.warn('there is no widget for web pages: it was not built (npm run build)');
    return null;
  }
}

/** Templates of two models cannot be compared: a server of another one would find no face. @throws `model-other` */
async function requireModel(store: Store, accounts: Accounts, modelId: string): Promise<void> {
  for (const { accountId } of await accounts.list()) {
    const serving = await store.servingModel(accountId);
    if (serving !== null && serving !== modelId) throw new LintelError('model-other', `(${serving})`);
  }
}

async function readCertificate({
  tlsCert,
  tlsKey,
}: ServerOptions): Promise<{ cert: Buffer; key: Buffer } | null> {
  if (tlsCert === undefined && tlsKey === undefined) return null;
  if (tlsCert === undefined || tlsKey === undefined) {
    throw new LintelError('usage', 'TLS takes both a certificate and its key.');
  }
  const [cert, key] = await Promise.all([tlsCert, tlsKey].map(readPem));
  try {
    createSecureContext({ cert, key });
  } catch (error) {
    const detail = `${tlsCert} and ${tlsKey} are not a certificate and its key, in PEM and without a passphrase.`;
    throw new LintelError('usage', detail, { cause: error });
  }
  return { cert: cert!, key: key! };
}

const readPem = (path: string): Promise<Buffer> =>
  readFile(path).catch((error: unknown) => {
    throw new LintelError('usage', `${path} cannot be read.`, { cause: error });
  });

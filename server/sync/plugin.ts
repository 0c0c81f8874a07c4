import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import {
  DeviceReport,
  LintelError,
  Pairing,
  Pull,
  Push,
  SYNC_MEDIA_TYPE,
  SYNC_PROTOCOLS,
  decodeMessage,
  encodeMessage,
  type Hello,
} from '#contract';
import type { Devices } from '#core/devices';
import type { Store, StoredDevice } from '#core/store';
import { KNOWN_MS, setDeadline } from '../http/deadline.ts';
import type { Newcomers } from './newcomers.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Set once a device has shown its key. */
    device: StoredDevice | null;
  }
}

export interface SyncOptions {
  readonly store: Store;
  readonly devices: Devices;
  /** The server's embedding model. */
  readonly modelId: string;
  /** Looks at those whom appliances enrolled. */
  readonly newcomers: Pick<Newcomers, 'look'>;
  readonly version: string;
}

/** Bytes of a push: several times what an appliance sends at once. */
const BODY_LIMIT = 8 * 1024 * 1024;

/** A code, a name of 200 characters and a public key, however they are escaped. */
const PAIRING_LIMIT = 4096;

const AUTHORIZATION = /^Device +([\x21-\x7e]{1,512}) *$/i;

/** What appliances keep in step with this server by, under `/v1/sync`; see docs/sync.md. */
export function sync(app: FastifyInstance, options: SyncOptions): void {
  const { store, devices, newcomers } = options;
  // Before the body is read.
  const identify = async (request: FastifyRequest): Promise<void> => {
    request.device = await authenticate(request, devices);
    requireProtocol(request);
    // It may send pictures over a slow line.
    setDeadline(request, KNOWN_MS);
  };

  joining(app, options);

  void app.register((scope, _options, done) => {
    scope.addContentTypeParser<Buffer>(
      SYNC_MEDIA_TYPE,
      { parseAs: 'buffer', bodyLimit: BODY_LIMIT },
      (_request, body, parsed) => {
        try {
          parsed(null, decodeMessage(body));
        } catch (error) {
          parsed(error as Error);
        }
      },
    );

    scope.decorateRequest('device', null);
    /** A message of a device that has joined. */
    const message = <S extends z.ZodType>(
      name: string,
      schema: S,
      work: (body: z.infer<S>, device: StoredDevice) => Promise<unknown>,
      onRequest = [identify, requireAdmitted],
    ): void => {
      scope.post(`/v1/sync/${name}`, { schema: { hide: true }, onRequest }, async (request, reply) =>
        send(reply, await work(parse(schema, request.body), deviceOf(request))),
      );
    };
    message('push', Push, async (body, device) => {
      const answer = await store.hub.push(device.account, body, await optionsOf(device, options));
      if (body.operations.length > 0) newcomers.look(device.account);
      return answer;
    });
    message('pull', Pull, async (body, device) =>
      store.hub.pull(device.account, body, await optionsOf(device, options), device.policy.collections),
    );
    message('report', DeviceReport, async (body, device) => {
      await store.devices.report(device.deviceId, body);
      return await devices.sign(device);
    });
    // Also for a device that was revoked: it believes that only when it is signed.
    message('policy', z.unknown(), async (_body, device) => await devices.sign(device), [identify]);
    done();
  });
}

/** What takes no key, and so no MessagePack: a few hundred bytes of JSON. */
function joining(app: FastifyInstance, { devices, version }: SyncOptions): void {
  app.get('/v1/sync', { schema: { hide: true } }, (): Hello => ({
    protocols: [...SYNC_PROTOCOLS],
    server: version,
  }));
  app.post(
    '/v1/sync/pair',
    { schema: { hide: true }, bodyLimit: PAIRING_LIMIT },
    async ({ body }) => await devices.pair(parse(Pairing, body)),
  );
}

const optionsOf = async ({ account, deviceId }: StoredDevice, { devices, modelId }: SyncOptions) => ({
  secret: await devices.templateSecret(account),
  modelId,
  deviceId,
});

/** Whose key it is, revoked or not. @throws `unauthenticated` */
async function authenticate(request: FastifyRequest, devices: Devices): Promise<StoredDevice> {
  const [, deviceKey] = AUTHORIZATION.exec(request.headers.authorization ?? '') ?? [];
  const device = deviceKey === undefined ? null : await devices.authenticate(deviceKey);
  if (device === null) throw new LintelError('unauthenticated');
  return device;
}

/** @throws `device-revoked` */
async function requireAdmitted(request: FastifyRequest): Promise<void> {
  if (deviceOf(request).revokedAt !== null) throw new LintelError('device-revoked');
}

function deviceOf({ device }: FastifyRequest): StoredDevice {
  if (device === null) throw new LintelError('unauthenticated');
  return device;
}

/** @throws `sync-protocol` */
function requireProtocol({ headers }: FastifyRequest): void {
  const protocol = Number(headers['lintel-sync']);
  if (!SYNC_PROTOCOLS.some((each) => each === protocol)) throw new LintelError('sync-protocol');
}

function parse<S extends z.ZodType>(schema: S, body: unknown): z.infer<S> {
  const parsed = schema.safeParse(body);
  if (parsed.success) return parsed.data;
  const places = parsed.error.issues.map(({ path }) => path.join('.') || 'body');
  throw new LintelError('usage', `(${[...new Set(places)].slice(0, 5).join(', ')})`);
}

const send = (reply: FastifyReply, body: unknown): FastifyReply =>
  reply.type(SYNC_MEDIA_TYPE).send(Buffer.from(encodeMessage(body)));

import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import {
  DeviceReport,
  EventPush,
  LintelError,
  Pull,
  Push,
  SessionClaim,
  SignedText,
  SYNC_MEDIA_TYPE,
  SYNC_PROTOCOLS,
  decodeMessage,
  encodeMessage,
  type Operation,
} from '#contract';
import type { Devices } from '#core/devices';
import type { SqlStore, StoredDevice } from '#core/store';
import { DeviceEvents, Hub } from '#core/sync';
import { KNOWN_MS, setDeadline } from '../http/deadline.ts';
import type { SharedSessions } from '../shared-sessions.ts';
import { joining, type JoiningOptions } from './joining.ts';
import type { Dedupe } from './dedupe.ts';
import { parse } from './parse.ts';
import { perMinute } from './per-minute.ts';
import { claimSession, settleSession } from './sessions.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Set once a device has shown its key. */
    device: StoredDevice | null;
  }
}

export interface SyncOptions extends JoiningOptions {
  readonly store: SqlStore;
  /** The server's embedding model. */
  readonly modelId: string;
  /** Looks at the faces that appliances enrolled. */
  readonly dedupe: Pick<Dedupe, 'look'>;
  /** Photos that appliances compare visitors with. */
  readonly sessions: SharedSessions;
  /** Whether the messages of a device are counted; a test sends many. */
  readonly limitsDevices?: boolean;
}

/** Bytes of a push: several times what an appliance sends at once. */
const BODY_LIMIT = 8 * 1024 * 1024;

/** Messages of one device in a minute: several times what an exchange over a quick line takes. */
const MESSAGES_PER_MINUTE = 1200;

/** What one device may have done in a minute: operations, ids in them, and events. */
const WORK_PER_MINUTE = 100_000;

const AUTHORIZATION = /^Device +([\x21-\x7e]{1,512}) *$/i;

/** The routes that appliances sync through, under `/v1/sync`; see docs/sync.md. */
export function sync(app: FastifyInstance, options: SyncOptions): void {
  const { store, servers, devices, dedupe, limitsDevices = true } = options;
  const hub = new Hub(store);
  const deviceEvents = new DeviceEvents(store);
  const takeMessage = perMinute(servers.rates, 'messages', limitsDevices ? MESSAGES_PER_MINUTE : Infinity);
  const takeWork = perMinute(servers.rates, 'work', limitsDevices ? WORK_PER_MINUTE : Infinity);
  // Before the body is read.
  const identify = async (request: FastifyRequest): Promise<void> => {
    request.device = await authenticate(request, devices);
    await takeMessage(request.device.deviceId);
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
      await takeWork(device.deviceId, workOf(body.operations));
      const answer = await hub.push(device.account, body, await optionsOf(device, options));
      if (body.operations.length > 0) dedupe.look(device.account);
      return answer;
    });
    message('pull', Pull, async (body, device) =>
      hub.pull(device.account, body, await optionsOf(device, options)),
    );
    message('events', EventPush, async (body, device) => {
      await takeWork(device.deviceId, body.events.length);
      return await deviceEvents.take(device, body);
    });
    message('report', DeviceReport, async (body, device) => {
      await store.devices.report(device.deviceId, body);
      return await devices.sign(device);
    });
    message('session-claim', SessionClaim, async (body, device) => claimSession(body, device, options));
    message('session-result', SignedText, async (body, device) => settleSession(body, device, options));
    // Also for a device that was revoked: it believes that only when it is signed.
    message('policy', z.unknown(), async (_body, device) => await devices.sign(device), [identify]);
    done();
  });
}

/** Each operation, and each id in a list of some: known before any is parsed. */
const workOf = (operations: readonly Operation[]): number =>
  operations.reduce((sum, { body }) => {
    const { faceIds, uids } = Lists.safeParse(body).data ?? {};
    return sum + 1 + (faceIds?.length ?? 0) + (uids?.length ?? 0);
  }, 0);

const Lists = z.object({
  faceIds: z.array(z.unknown()).optional(),
  uids: z.array(z.unknown()).optional(),
});

const optionsOf = async ({ account, deviceId, policy }: StoredDevice, { devices, modelId }: SyncOptions) => ({
  secret: await devices.templateSecret(account),
  modelId,
  deviceId,
  rights: policy,
});

/** The device of a key, revoked or not. @throws `unauthenticated` */
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

const send = (reply: FastifyReply, body: unknown): FastifyReply =>
  reply.type(SYNC_MEDIA_TYPE).send(Buffer.from(encodeMessage(body)));

import { z } from 'zod';
import {
  Changes,
  EventsTaken,
  Hello,
  LintelError,
  Paired,
  Pushed,
  SignedPolicy,
  SignedText,
  SYNC_MEDIA_TYPE,
  SYNC_PROTOCOLS,
  SyncRefusal,
  decodeMessage,
  encodeMessage,
  readBounded,
  readBoundedJson,
  withinTime,
  type Pairing,
} from '#contract';
import type { Transport } from './exchange-feed.ts';
import { fetch } from './fetch.ts';
import { whyUnreachable } from './why-unreachable.ts';

/** `fetch`, or what stands in for the network. */
export type Fetch = (url: URL, init: RequestInit) => Promise<Response>;

export interface ServerAddress {
  /** Scheme, host and port. */
  readonly origin: string;
  readonly fetch?: Fetch;
  /** For one message, however slow the line. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

/** At 9.6 kbit/s a message of 512 KB takes 7 minutes. */
const TIMEOUT_MS = 15 * 60_000;

/** Of a document about one thing: who it is, what it refuses, how an appliance joins. */
const DOCUMENT_BYTES = 1024 * 1024;

/** Of a page of changes: what was asked for, and one face more with ten pictures. */
const PAGE_BYTES = 32 * 1024 * 1024;

/**
 * What a server offers.
 * @returns null when it is not one of ours: it may still speak the Realeyes API
 * @throws LintelError `server-unreachable`
 */
export async function greet(address: ServerAddress): Promise<Hello | null> {
  return await request(address, '/v1/sync', { method: 'GET' }, async (response) => {
    if (response.status >= 500) throw badStatus(address, response);
    const hello = Hello.safeParse(await documentOf(response));
    return hello.success ? hello.data : null;
  });
}

/** Join a server. @throws LintelError `pairing-code-invalid`, `server-unreachable` */
export async function pair(address: ServerAddress, pairing: Pairing): Promise<Paired> {
  const init = {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(pairing),
  };
  return await request(address, '/v1/sync/pair', init, async (response) => {
    if (!response.ok) throw await refusal(address, response);
    return answered(address, Paired, await documentOf(response));
  });
}

/**
 * The server as an appliance that has joined reaches it.
 * @param hello what {@link greet} said
 * @throws LintelError `sync-protocol`; its calls also `device-unknown`, and what the server answers
 */
export function connect(address: ServerAddress, deviceKey: string, hello: Hello): Transport {
  const protocol = SYNC_PROTOCOLS.find((each) => hello.protocols.includes(each));
  if (protocol === undefined) throw new LintelError('sync-protocol');
  const message = async <S extends z.ZodType>(
    name: string,
    body: unknown,
    schema: S,
  ): Promise<z.infer<S>> => {
    const init = {
      method: 'POST',
      headers: {
        authorization: `Device ${deviceKey}`,
        'content-type': SYNC_MEDIA_TYPE,
        'lintel-sync': String(protocol),
      },
      body: Uint8Array.from(encodeMessage(body)),
    };
    return await request(address, `/v1/sync/${name}`, init, async (response) => {
      if (response.status === 401) throw new LintelError('device-unknown');
      if (!response.ok) throw await refusal(address, response);
      const bytes = await readBounded(response, PAGE_BYTES).catch((error: unknown) => {
        // What went wrong with an answer that had begun.
        throw error instanceof LintelError ? error : notReached(address, error);
      });
      return answered(address, schema, decoded(bytes));
    });
  };
  return {
    push: (body) => message('push', body, Pushed),
    pull: (body) => message('pull', body, Changes),
    events: (body) => message('events', body, EventsTaken),
    report: (body) => message('report', body, SignedPolicy),
    policy: () => message('policy', {}, SignedPolicy),
    claimSession: (body) => message('session-claim', body, SignedText),
    settleSession: async (body) => void (await message('session-result', body, z.object({}))),
  };
}

/** @param read the answer; its time counts too */
async function request<T>(
  address: ServerAddress,
  path: string,
  init: RequestInit,
  read: (response: Response) => Promise<T>,
): Promise<T> {
  const { origin, fetch: send = fetch, timeoutMs = TIMEOUT_MS, signal } = address;
  return await withinTime(timeoutMs, [signal], async (ending) => {
    // A redirect could carry the key to another server.
    const all = { ...init, redirect: 'error', signal: ending } as const;
    const response = await send(new URL(path, origin), all).catch((error: unknown) => {
      throw notReached(address, error);
    });
    return await read(response);
  });
}

/** @param why in few words; null: nothing is known */
function unreachable({ origin }: ServerAddress, why: string | null, cause?: unknown): LintelError {
  // Nothing but scheme, host and port, whatever an address held that an earlier version kept.
  const named = new URL(origin).origin;
  return new LintelError('server-unreachable', `(${why === null ? named : `${named}: ${why}`})`, { cause });
}

const notReached = (address: ServerAddress, error: unknown): LintelError =>
  unreachable(address, whyUnreachable(error), error);

const badStatus = (address: ServerAddress, { status }: Response): LintelError =>
  unreachable(address, `it answered ${status}`);

const Refused = z.object({ code: SyncRefusal });

async function refusal(address: ServerAddress, response: Response): Promise<LintelError> {
  const refused = Refused.safeParse(await documentOf(response)).data;
  if (refused !== undefined) return new LintelError(refused.code);
  return badStatus(address, response);
}

/** Null for what is none. */
const documentOf = (response: Response): Promise<unknown> =>
  readBoundedJson(response, DOCUMENT_BYTES).catch(() => null);

/** Null for what is no message. */
function decoded(bytes: Uint8Array): unknown {
  try {
    return decodeMessage(bytes);
  } catch {
    return null;
  }
}

function answered<S extends z.ZodType>(address: ServerAddress, schema: S, body: unknown): z.infer<S> {
  const parsed = schema.safeParse(body);
  if (!parsed.success) throw unreachable(address, 'its answer makes no sense');
  return parsed.data;
}

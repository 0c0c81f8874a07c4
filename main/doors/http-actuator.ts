import type { IncomingMessage } from 'node:http';
import { DoorReading, type ActuatorConfig, type HttpCall, type JsonProbe } from '#contract';
import { connectTo, pin, PUBLIC_REACH, requestPinned, type Reach } from '#core/outbound';
import { polling, probed, SENSORS, UnansweredError, withLength, type Actuator } from './actuator.ts';

/** A relay that answers more says nothing. */
const MOST_ANSWER = 65_536;

/** By which a proxy says that the relay behind it did not answer. */
const UNANSWERED: ReadonlySet<number> = new Set([502, 504]);

/**
 * A relay with an HTTP interface. Redirects are not followed; an answer other than 2xx is a failure. One that is connected and does
 * not answer to the end may have done what it was told: {@link UnansweredError}.
 */
export function createHttpActuator(config: ActuatorConfig<'http'>): Actuator {
  const { open, close, refresh, refreshMs, state, limitMs, pollMs } = config;
  const reach = reachOf(config);
  const call = (what: HttpCall, ms: number): Promise<string> => ask(what, ms, reach, limitMs);

  return {
    open: async (ms) => void (await call(open, ms)),
    close: async () => void (await call(close, 0)),
    ...(refresh && { refresh: { everyMs: refreshMs, send: async () => void (await call(refresh, 0)) } }),
    ...(state && {
      watch: polling(
        pollMs,
        async () => {
          const answer: unknown = JSON.parse(await call(state.call, 0));
          const probe = (it: JsonProbe | null): boolean | null =>
            it === null ? null : probed(it, at(answer, it.pointer));
          return DoorReading.parse({
            open: probe(state.open),
            exit: probe(state.exit),
            tamper: probe(state.tamper),
          });
        },
        SENSORS.filter((sensor) => state[sensor] !== null),
      ),
    }),
    end: async () => undefined,
  };
}

/** Connects to each host of a relay, and asks for nothing. @throws Error why one is not reached */
export async function tryRelay(config: ActuatorConfig<'http'>): Promise<void> {
  const { open, close, refresh, state, limitMs } = config;
  const calls = [open, close, refresh ?? [], state?.call ?? []].flat();
  for (const origin of new Set(calls.map(({ url }) => new URL(url).origin)))
    await connectTo(new URL(origin), reachOf(config), AbortSignal.timeout(limitMs));
}

const reachOf = ({ allowPrivate, allowHttp }: ActuatorConfig<'http'>): Reach => ({
  ...PUBLIC_REACH,
  ports: null,
  protocols: allowHttp ? ['http:', 'https:'] : ['https:'],
  ...(allowPrivate && { isAllowed: () => true }),
});

/** @throws Error, or {@link UnansweredError}, that names neither address nor headers: both may hold a secret of the relay */
async function ask(
  { method, url: text, headers, body }: HttpCall,
  ms: number,
  reach: Reach,
  limitMs: number,
): Promise<string> {
  const url = new URL(withLength(text, ms));
  const signal = AbortSignal.timeout(limitMs);
  const content = body === null ? null : withLength(body, ms);
  const address = await pin(url, reach, signal);
  let isConnected = false;
  const orUnanswered = async <T>(answer: Promise<T>): Promise<T> => {
    try {
      return await answer;
    } catch (error) {
      throw isConnected
        ? new UnansweredError(error instanceof Error ? error.message : 'not an error')
        : error;
    }
  };
  const sent = requestPinned(url, address, {
    method,
    signal,
    onConnect: () => (isConnected = true),
    headers: {
      'user-agent': 'Lintel',
      ...(content !== null && { 'content-type': 'application/json' }),
      ...headers,
      ...(content !== null && { 'content-length': Buffer.byteLength(content) }),
    },
    ...(content !== null && { body: content }),
  });
  const response = await orUnanswered(sent);
  const status = response.statusCode ?? 0;
  if (status >= 200 && status <= 299) return await orUnanswered(read(response));
  response.destroy();
  throw new (UNANSWERED.has(status) ? UnansweredError : Error)(`the relay answered ${status}`);
}

async function read(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > MOST_ANSWER) throw new Error('the relay answers too much');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** The value at a JSON pointer (RFC 6901), or undefined. */
export function at(value: unknown, pointer: string): unknown {
  let found = value;
  for (const part of pointer.split('/').slice(1)) {
    const name = part.replaceAll('~1', '/').replaceAll('~0', '~');
    if (typeof found !== 'object' || found === null || !Object.hasOwn(found, name)) return undefined;
    found = (found as Record<string, unknown>)[name];
  }
  return found;
}

import type { FastifyInstance, FastifyRequest } from 'fastify';
import ipaddr from 'ipaddr.js';
import { LintelError, Pairing, SYNC_PROTOCOLS, type Hello } from '#contract';
import type { Devices } from '#core/devices';
import type { Record } from '#core/upkeep';
import { parse } from './parse.ts';
import { perMinute } from './per-minute.ts';

/** A code, a name of 200 characters and a public key, however they are escaped. */
const PAIRING_LIMIT = 4096;

/** Guesses of a code from one address in a minute; codes have 50 bits and last a quarter of an hour. */
const GUESSES = 5;

const RECORD_EVERY_MS = 60_000;

export interface JoiningOptions {
  readonly devices: Devices;
  readonly version: string;
  /** Writes into the audit log. */
  readonly record: Record;
}

/** What takes no key, and so no MessagePack: a few hundred bytes of JSON. */
export function joining(app: FastifyInstance, { devices, version, record }: JoiningOptions): void {
  const take = perMinute(GUESSES);
  let wrong = 0;
  let limited = 0;
  app.get('/v1/sync', { schema: { hide: true } }, (): Hello => ({
    protocols: [...SYNC_PROTOCOLS],
    server: version,
  }));
  // Before the body is read.
  const limit = async (request: FastifyRequest): Promise<void> => {
    try {
      take(networkOf(request.ip));
    } catch (error) {
      limited++;
      throw error;
    }
  };
  app.post(
    '/v1/sync/pair',
    { schema: { hide: true }, bodyLimit: PAIRING_LIMIT, onRequest: limit },
    async ({ body }) => {
      try {
        return await devices.pair(parse(Pairing, body));
      } catch (error) {
        if (error instanceof LintelError && error.code === 'pairing-code-invalid') wrong++;
        throw error;
      }
    },
  );

  // Once a minute at most: a client that guesses codes must not fill the audit log.
  const flush = async (): Promise<void> => {
    if (wrong + limited === 0) return;
    const counted = { wrong, limited };
    wrong = limited = 0;
    await record({ kind: 'pairings-refused', ...counted });
  };
  const timer = setInterval(() => {
    flush().catch((error: unknown) => app.log.error({ err: error }, 'pairings are not in the audit log'));
  }, RECORD_EVERY_MS).unref();
  app.addHook('onClose', async () => {
    clearInterval(timer);
    await flush();
  });
}

/** An address; of IPv6 the 64 bits that a customer of a provider has. */
function networkOf(address: string): string {
  if (!ipaddr.isValid(address)) return address;
  const parsed = ipaddr.process(address);
  return parsed instanceof ipaddr.IPv6 ? parsed.parts.slice(0, 4).join(':') : parsed.toString();
}

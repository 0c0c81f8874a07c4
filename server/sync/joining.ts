import type { FastifyInstance, FastifyRequest } from 'fastify';
import { LintelError, Pairing, SYNC_PROTOCOLS, type Hello } from '#contract';
import type { Devices } from '#core/devices';
import type { Servers } from '#core/store';
import type { Record } from '#core/upkeep';
import { networkOf } from '../http/connections.ts';
import { countRefusals } from '../http/refusal-counts.ts';
import { parse } from './parse.ts';
import { perMinute } from './per-minute.ts';

/** A code, a name of 200 characters and a public key, however they are escaped. */
const PAIRING_LIMIT = 4096;

/** Guesses of a code from one address in a minute; codes have 50 bits and last a quarter of an hour. */
const GUESSES = 5;

export interface JoiningOptions {
  readonly devices: Devices;
  /** Those on the store's database: they count together. */
  readonly servers: Servers;
  readonly version: string;
  /** Writes into the audit log. */
  readonly record: Record;
}

/** What takes no key, and so no MessagePack: a few hundred bytes of JSON. */
export function joining(app: FastifyInstance, { devices, servers, version, record }: JoiningOptions): void {
  const take = perMinute(servers.rates, 'pairing', GUESSES);
  const count = countRefusals(app, { wrong: 0, limited: 0 }, (counts) =>
    record({ kind: 'pairings-refused', ...counts }),
  );
  app.get('/v1/sync', { schema: { hide: true } }, (): Hello => ({
    protocols: [...SYNC_PROTOCOLS],
    server: version,
  }));
  // Before the body is read.
  const limit = async (request: FastifyRequest): Promise<void> => {
    try {
      await take(networkOf(request.ip));
    } catch (error) {
      count('limited');
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
        if (error instanceof LintelError && error.code === 'pairing-code-invalid') count('wrong');
        throw error;
      }
    },
  );
}

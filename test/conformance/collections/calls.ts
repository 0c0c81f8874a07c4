import { beforeAll, expect } from 'vitest';
import { createClient, type Client } from '#client';
import { form, send, type Answer, type Server } from '../../support/server.ts';
import type { Place } from '../place.ts';

export type Fields = Parameters<typeof form>[0];
export type Data = Record<string, unknown>;

/** What was asked for, of an answer that is no refusal. */
export function dataOf({ body }: Answer): Data {
  expect(body['success']).toBe(true);
  return body['data'] as Data;
}

/** The code of a refusal. */
export function codeOf({ body }: Answer): unknown {
  expect(body['success']).toBe(false);
  return (body['error'] as Data)['code'];
}

/** Calls of one account, for the tests of a suite. */
export function callsOf(place: () => Place) {
  let server: Server;
  let pictures: Place['pictures'];
  let key: string;
  let realeyes: Client;
  let count = 0;

  beforeAll(async () => {
    ({ server, pictures } = place());
    key = await server.newAccount(`Collections ${accounts++}`);
    realeyes = createClient({ origin: server.origin, apiKey: key });
  });

  const call = (target: string, body?: unknown, apiKey: string | null = key): Promise<Answer> =>
    send(server, target, {
      authorization: null,
      headers: apiKey === null ? {} : { 'x-api-key': apiKey },
      ...(body !== undefined && { body }),
    });
  /** A name that no other test has. */
  const nameOf = (what: string): string => `${what}-${count++}`;
  return {
    get server() {
      return server;
    },
    get pictures() {
      return pictures;
    },
    get key() {
      return key;
    },
    get realeyes() {
      return realeyes;
    },
    call,
    nameOf,
    newCollection: async (): Promise<string> => {
      const collectionId = nameOf('c');
      await realeyes.createCollection({ collectionId });
      return collectionId;
    },
    enrol: (collectionId: string, fields: Fields): Promise<Answer> =>
      call(`POST /api/v1/collections/${collectionId}/faces`, form(fields)),
    batch: (collectionId: string, fields: Fields): Promise<Answer> =>
      call(`POST /api/v1/collections/${collectionId}/faces/batch`, form(fields)),
  };
}

let accounts = 0;

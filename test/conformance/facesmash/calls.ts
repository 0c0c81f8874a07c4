import { beforeAll, expect } from 'vitest';
import { mustRun } from '../../support/appliance.ts';
import { send, type Answer, type Server } from '../../support/server.ts';
import type { Place } from '../place.ts';

export type Data = Record<string, unknown>;
type PictureName = keyof Place['pictures'];

/** The data of an answer that is no refusal. */
export const dataOf = ({ body }: Answer): Data => {
  expect(body).toMatchObject({ success: true });
  return body['data'] as Data;
};

/** Status and code of a refusal. */
export function refusal({ status, body, type }: Answer): [number, unknown] {
  expect(type).toMatch(/^application\/json/);
  expect(body).toEqual({
    success: false,
    error: {
      code: expect.stringMatching(/^[A-Z_]+$/),
      message: expect.any(String),
      details: expect.any(Object),
    },
    meta: { requestId: expect.stringMatching(/^req_/), timestamp: expect.any(String) },
  });
  return [status, (body['error'] as Data)['code']];
}

/** Calls of the FaceSmash API, by default with a key of an account of their own. */
export function callsOf(place: () => Place) {
  let server: Server;
  let key: string;
  const newKey = async (): Promise<string> => (await server.newCredentials(`Smash ${accounts++}`)).apiKey;
  const base64 = (name: PictureName): string => Buffer.from(place().pictures[name]).toString('base64');

  beforeAll(async () => {
    ({ server } = place());
    key = await newKey();
  });

  const call = (target: string, body?: unknown, apiKey: string | null = key): Promise<Answer> =>
    send(server, target, {
      authorization: apiKey === null ? null : `Bearer ${apiKey}`,
      ...(body !== undefined && { body }),
    });
  const post = (path: string, body: unknown, apiKey?: string): Promise<Answer> =>
    call(`POST /v1/faces/${path}`, body, apiKey);
  return {
    get server() {
      return server;
    },
    get key() {
      return key;
    },
    newKey,
    base64,
    call,
    post,
    /** A key of an account that allows descriptors. */
    newDescriptorKey: async (): Promise<string> => {
      const { accountId, apiKey } = await server.newCredentials(`Smash ${accounts++}`);
      await mustRun(server.installation, 'account', 'descriptors', accountId, 'on');
      return apiKey;
    },
    descriptorOf: async (name: PictureName, apiKey: string): Promise<number[]> =>
      dataOf(await post('detect', { image: base64(name) }, apiKey))['descriptor'] as number[],
    register: (userId: string, name: PictureName, apiKey?: string): Promise<Answer> =>
      post('register', { userId, image: base64(name) }, apiKey),
    verify: async (userId: string, name: PictureName, apiKey?: string): Promise<Data> =>
      dataOf(await post('verify', { userId, image: base64(name) }, apiKey)),
  };
}

let accounts = 0;

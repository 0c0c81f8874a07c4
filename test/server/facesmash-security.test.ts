import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { mustRun } from '../support/appliance.ts';
import { newServer, portraits, send, type Answer, type ServerProcess } from '../support/server.ts';

/** The OWASP API Security Top 10 of 2023 once more, for the FaceSmash API. */

let server: ServerProcess;
let image: string;
let ada: string;
let bob: string;
/** Of Ada. */
let template: string;
let webhook: string;

const call = (apiKey: string, target: string, body?: unknown): Promise<Answer> =>
  send(server, target, { authorization: `Bearer ${apiKey}`, ...(body !== undefined && { body }) });
const dataOf = ({ body }: Answer) => body['data'] as Record<string, unknown>;

/** Every endpoint, asked for things by these ids. */
const requests = (user: string, of: string, hook: string): [target: string, body?: object][] => [
  ['POST /v1/faces/register', { userId: user, image }],
  ['POST /v1/faces/verify', { userId: user, image }],
  ['POST /v1/faces/identify', { image }],
  ['POST /v1/faces/detect', { image }],
  [`GET /v1/faces/templates/${user}`],
  [`DELETE /v1/faces/templates/${of}`],
  ['GET /v1/users'],
  [`GET /v1/users/${user}`],
  [`GET /v1/users/${user}/logs`],
  [`DELETE /v1/users/${user}`],
  ['POST /v1/webhooks', { url: 'https://receiver.example', events: ['face.verified'] }],
  ['GET /v1/webhooks'],
  [`POST /v1/webhooks/${hook}/verify`],
  [`DELETE /v1/webhooks/${hook}`],
];

beforeAll(async () => {
  server = await newServer();
  image = (await portraits()).robin;
  [ada, bob] = [await server.newAccount('Ada'), await server.newAccount('Bob')];
  const registered = await call(ada, 'POST /v1/faces/register', { userId: 'adas-user', image });
  template = String(dataOf(registered)['templateId']);
  const made = await call(ada, 'POST /v1/webhooks', {
    url: 'https://receiver.example',
    events: ['user.deleted'],
  });
  webhook = String(dataOf(made)['id']);
});
afterAll(() => server.remove());

/** What differs between any two requests, and what names the thing that was asked for. */
const withoutIds = ({ status, body }: Answer): string =>
  JSON.stringify({ status, body }).replaceAll(
    /req_\w+|wh_\w+|whsec_[\w-]+|20\d\d-[^"]+Z|[0-9a-f]{32}|adas-user|nobody|"processingTimeMs":\d+/g,
    '…',
  );

describe('API1 and API5, object and function level authorization', () => {
  const view = async (): Promise<string> => {
    const answers = [];
    for (const target of ['GET /v1/users', 'GET /v1/faces/templates/adas-user', 'GET /v1/webhooks']) {
      answers.push(dataOf(await call(ada, target)));
    }
    return JSON.stringify(answers);
  };

  it('answers for what is another account’s as for what never was, and leaves it alone', async () => {
    const before = await view();
    const theirs = requests('adas-user', template, webhook);
    const never = requests('nobody', '0'.repeat(32), `wh_${'0'.repeat(24)}`);
    for (const [i, [target, body]] of theirs.entries()) {
      const mine = withoutIds(await call(bob, target, body));
      const [other, another] = never[i]!;
      // What it made is gone before the other is made.
      await call(bob, 'DELETE /v1/users/adas-user');
      expect([target, withoutIds(await call(bob, other, another))]).toEqual([target, mine]);
      await call(bob, 'DELETE /v1/users/nobody');
    }
    expect(await view()).toBe(before);
  });

  it('knows every endpoint that is documented', async () => {
    const { body } = await call(ada, 'GET /docs/facesmash/json');
    const documented = Object.entries(body['paths'] as Record<string, object>).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path.replaceAll(/\{\w+\}/g, 'x')}`),
    );
    const known = requests('x', 'x', 'x').map(([target]) => target);
    expect(known.toSorted()).toEqual(documented.toSorted());
  });

  it('takes the scope that each endpoint asks for', async () => {
    const allowed = new Map<string, string[]>();
    for (const scope of ['read', 'write', 'admin'] as const) {
      const { authorization } = await server.newKey(scope);
      for (const [target] of requests('nobody', 'x', 'x')) {
        const body = target.startsWith('POST') ? {} : undefined;
        const { status } = await call(authorization.replace('ApiKey ', ''), target, body);
        if (status !== 403) allowed.set(target, [...(allowed.get(target) ?? []), scope]);
      }
    }
    const scopes = requests('nobody', 'x', 'x').map(([target]) => allowed.get(target)?.join());
    const expected = 'write read read read read write read read read write admin admin admin admin';
    expect(scopes).toEqual(expected.split(' '));
  });
});

describe('API2, authentication', () => {
  it.each([null, 'Bearer', 'Bearer wrong-key-0123456789', 'Basic eDp5', 'X'])(
    'is asked for: %j',
    async (authorization) => {
      for (const [target, body] of requests('nobody', 'x', 'x')) {
        const answer = await send(server, target, { authorization, ...(body && { body }) });
        expect([target, answer.status]).toEqual([target, 401]);
      }
    },
  );

  it('ends with the revocation of a key', async () => {
    const { keyId, authorization } = await server.newKey();
    const key = authorization.replace('ApiKey ', '');
    expect((await call(key, 'GET /v1/users')).status).toBe(200);
    await mustRun(server.installation, 'account', 'keys', 'revoke', keyId);
    expect((await call(key, 'GET /v1/users')).status).toBe(401);
  });
});

it('API3, property level authorization: properties beyond the documented are neither taken nor given', async () => {
  const body = {
    userId: 'mine',
    image,
    templateId: 't',
    faceId: 'f',
    account: 'a',
    usageCount: 9,
    createdAt: 'x',
  };
  const registered = dataOf(await call(bob, 'POST /v1/faces/register', body));
  expect(registered['templateId']).not.toBe('t');
  const known = ['createdAt', 'email', 'qualityScore', 'templateId', 'userId'];
  expect(Object.keys(registered).toSorted()).toEqual(known);
});

describe('API4, resource consumption', () => {
  it('is limited in the size of bodies, images and lists', async () => {
    const tooLarge = Buffer.alloc(10_000_001, 0xff).toString('base64');
    expect((await call(bob, 'POST /v1/faces/detect', { image: tooLarge })).status).toBe(413);
    expect((await call(bob, 'GET /v1/users?perPage=1000')).status).toBe(400);
    expect((await call(bob, 'POST /v1/faces/identify', { image, maxResults: 1000 })).status).toBe(400);
  });
});

it('API8, misconfiguration: refusals hold no stack, path or input', async () => {
  const secret = 'SENTINEL-VALUE';
  for (const body of [`{"userId":"${secret} x"}`, `{"image":"${secret}!","userId":"x"}`, `{${secret}`]) {
    const answer = await call(bob, 'POST /v1/faces/register', body);
    expect(answer.status).toBe(400);
    expect(JSON.stringify(answer.body)).not.toMatch(/SENTINEL|node_modules|\.ts|    at /);
  }
  expect(server.output()).not.toMatch(/SENTINEL|adas-user|receiver\.example/);
});

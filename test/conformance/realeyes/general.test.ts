import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { Problem, REALEYES } from '#contract';
import { openServer, send, type Server } from '../../support/server.ts';

/** What the page of the Realeyes API promises of all its endpoints. */

let server: Server;
const targets = Object.values(REALEYES).map(({ method, path }) => `${method} ${path}`);

beforeAll(async () => {
  server = await openServer();
});
afterAll(() => server.remove());

describe('authentication', () => {
  it('takes an API key or a bearer token', async () => {
    for (const scheme of ['ApiKey', 'Bearer', 'bearer']) {
      const authorization = `${scheme} ${server.apiKey}`;
      expect((await send(server, 'GET /v1/collection/get-all', { authorization })).status).toBe(200);
    }
  });

  it.each(targets)('is required: %s', async (target) => {
    for (const authorization of [
      null,
      '',
      'ApiKey',
      'ApiKey wrong',
      `Basic ${server.apiKey}`,
      server.apiKey,
    ]) {
      const answer = await send(server, target, { authorization });
      expect(answer.status).toBe(401);
      expect(answer.headers.get('www-authenticate')).toContain('ApiKey');
      expect(Problem.parse(answer.body).code).toBe('unauthenticated');
    }
  });

  it('answers 403 when the key is valid but does not permit it', async () => {
    const { authorization } = await server.newKey('read');
    expect((await send(server, 'GET /v1/collection/get-all', { authorization })).status).toBe(200);
    const { status, body } = await send(server, 'POST /v1/collection/create', {
      authorization,
      body: { collectionId: 'forbidden' },
    });
    expect(status).toBe(403);
    expect(Problem.parse(body).code).toBe('forbidden');
  });
});

describe('the health check', () => {
  it('answers without authentication with the UTC time in ISO 8601, as plain text', async () => {
    const { status, type, body } = await send(server, 'GET /v1/healthz', { authorization: null });
    expect(status).toBe(200);
    expect(type).toMatch(/^text\/plain/);
    expect(body['text']).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    expect(Math.abs(Date.parse(String(body['text'])) - Date.now())).toBeLessThan(60_000);
  });
});

describe('the Swagger documentation', () => {
  it('is a page at /swagger', async () => {
    const { status, type } = await send(server, 'GET /swagger', { authorization: null });
    expect(status).toBe(200);
    expect(type).toMatch(/^text\/html/);
  });

  it('describes every endpoint in an OpenAPI 3.1 document, which is the one committed', async () => {
    const { body } = await send(server, 'GET /swagger/json', { authorization: null });
    expect(body['openapi']).toBe('3.1.0');
    const paths = z.record(z.string(), z.record(z.string(), z.unknown())).parse(body['paths']);
    const described = Object.entries(paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
    );
    expect(described.toSorted()).toEqual([...targets, 'GET /v1/healthz'].toSorted());
    const committed = await readFile(
      new URL('../../../server/dialects/realeyes/openapi.json', import.meta.url),
      'utf8',
    );
    // To write it again: npm run openapi
    expect(body).toEqual(JSON.parse(committed));
  });
});

describe('refusals', () => {
  const json = { 'content-type': 'application/json' };

  it.each([
    ['unknown route', 'GET /v1/nothing', {}, 404, 'route-unknown'],
    ['wrong method', 'POST /v1/collection/get', {}, 405, 'method-not-allowed'],
    [
      'wrong content type',
      'POST /v1/face/search',
      { body: 'x', headers: { 'content-type': 'text/xml' } },
      415,
      'content-type-unsupported',
    ],
    ['malformed JSON', 'POST /v1/face/search', { body: '{"a"', headers: json }, 400, 'body-malformed'],
    ['no body', 'POST /v1/face/search', { headers: json }, 400, 'usage'],
    ['a body that is no object', 'POST /v1/face/search', { body: '[]', headers: json }, 400, 'usage'],
    ['oversize', 'POST /v1/face/search', { body: `"${'a'.repeat(14_000_000)}"` }, 413, 'body-too-large'],
    [
      'a parameter twice',
      'GET /v1/collection/get?collectionId=a&collectionId=b',
      {},
      400,
      'collection-id-invalid',
    ],
    ['a missing resource', 'GET /v1/collection/get?collectionId=missing', {}, 404, 'collection-not-found'],
  ])('are problems: %s', async (_name, target, sent, status, code) => {
    const answer = await send(server, target, sent);
    expect(answer.type).toMatch(/^application\/problem\+json/);
    expect(answer.status).toBe(status);
    const problem = Problem.parse(answer.body);
    expect(problem).toMatchObject({ status, code, type: `urn:lintel:problem:${code}` });
    expect(answer.headers.get('x-request-id')).toBe(problem.requestId);
  });

  it('name the methods that a path takes', async () => {
    const { headers } = await send(server, 'PATCH /v1/collection/get');
    expect(headers.get('allow')).toBe('GET');
  });
});

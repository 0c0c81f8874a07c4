import { afterAll, beforeAll, expect, it } from 'vitest';
import { DIALECTS } from '#contract';
import { newServer, send, type Server } from '../support/server.ts';

let server: Server;
beforeAll(async () => {
  server = await newServer();
});
afterAll(() => server.remove());

it('one page names all documented APIs, with how they know their callers and their pages', async () => {
  const { status, type, body, headers } = await send(server, 'GET /docs', { authorization: null });
  expect([status, type]).toEqual([200, 'text/html; charset=utf-8']);
  expect(headers.get('content-security-policy')).toContain("default-src 'none'");
  const text = String(body['text']);
  const dialects = Object.values(DIALECTS);
  for (const { authentication } of dialects) expect(text).toContain(authentication);
  const links = Array.from(text.matchAll(/href="([^"]+)"/g), ([, link]) => link);
  expect(links).toEqual(dialects.flatMap(({ page }) => [page, `${page}/json`]));
  for (const link of links) {
    expect([link, (await send(server, `GET ${link}`, { authorization: null })).status]).toEqual([link, 200]);
  }
});

import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DIALECTS } from '#contract';
import packageJson from '../../package.json' with { type: 'json' };
import { openServer, send, type Answer, type Server } from '../support/server.ts';

const dialects = Object.values(DIALECTS);
const pages = dialects.flatMap(({ page }) => [page, `${page}/json`]);
const linksIn = (text: string): string[] => Array.from(text.matchAll(/href="([^"]+)"/g), ([, link]) => link!);

let server: Server;
beforeAll(async () => {
  server = await openServer();
});
afterAll(() => server.remove());

const open = (path: string): Promise<Answer> => send(server, `GET ${path}`, { authorization: null });

describe.each(['/', '/docs'])('the page at %s', (path) => {
  it('has a policy that permits nothing but its own style', async () => {
    const { type, body, headers } = await open(path);
    expect(type).toBe('text/html; charset=utf-8');
    const [, style = ''] = /<style>([^]*)<\/style>/.exec(String(body['text'])) ?? [];
    const hash = createHash('sha256').update(style).digest('base64');
    expect(headers.get('content-security-policy')?.split('; ')).toEqual([
      "default-src 'none'",
      `style-src 'sha256-${hash}'`,
      "base-uri 'none'",
      "form-action 'none'",
      "frame-ancestors 'none'",
    ]);
    expect(body['text']).not.toMatch(/<script|<img|style=|https?:/);
  });

  it('names all documented APIs, with their paths, how they know their callers, and their pages', async () => {
    const text = String((await open(path)).body['text']);
    for (const { prefixes, authentication } of dialects) {
      expect(text).toContain(authentication);
      for (const prefix of prefixes) expect(text).toContain(`<code>${prefix}</code>`);
    }
    const links = linksIn(text);
    expect(links).toEqual(expect.arrayContaining(pages));
    for (const link of links) {
      const status = link === '/metrics' ? 401 : 200;
      // The networks may still be loading.
      await expect.poll(async () => [link, (await open(link)).status]).toEqual([link, status]);
    }
  });
});

it('who opens the address of the server learns what it is, whether it is well, and nobody’s name', async () => {
  await server.newAccount('ACME-SENTINEL');
  await expect.poll(async () => (await open('/')).status).toBe(200);
  const text = String((await open('/')).body['text']);
  expect(text).toContain(packageJson.version);
  expect(text.match(/<li class="good">/g)).toHaveLength(2);
  for (const path of ['/docs', '/livez', '/readyz', '/metrics']) expect(linksIn(text)).toContain(path);
  expect(text).not.toMatch(/SENTINEL|admin \(|acct_/);
  expect((await send(server, 'POST /')).body).toMatchObject({ status: 405, code: 'method-not-allowed' });
});

it('where no documentation is served, it links to none', async () => {
  const silent = await openServer('--swagger', 'off');
  const { body } = await send(silent, 'GET /', { authorization: null });
  expect(linksIn(String(body['text']))).toEqual(['/livez', '/readyz', '/metrics']);
  await silent.remove();
});

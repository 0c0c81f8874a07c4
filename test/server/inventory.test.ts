import { afterEach, expect, it, vi } from 'vitest';
import { DIALECTS } from '#contract';
import { parseOptions } from '../../server/options.ts';
import { startServer } from '../../server/server.ts';
import { newInstallation } from '../support/appliance.ts';
import { SERVER_OPTIONS } from '../support/server-options.ts';

/** API9 of the OWASP API Security Top 10 of 2023: the inventory of a server's routes. */

/** Each API's page; its OpenAPI document is beside it. */
const PAGES = Object.values(DIALECTS).map(({ page }) => page);

afterEach(() => void vi.unstubAllEnvs());

it('every route there is is in the OpenAPI document or known here', async () => {
  const installation = await newInstallation();
  const inside = await startServer({ ...SERVER_OPTIONS, ...installation });
  const documents = await Promise.all(PAGES.map((page) => inside.app.inject(`${page}/json`)));
  const documented = documents.flatMap((document) =>
    Object.entries(document.json<{ paths: Record<string, object> }>().paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path.replaceAll(/\{(\w+)\}/g, ':$1')}`),
    ),
  );
  const others = [
    'GET /',
    'GET /metrics',
    'GET /livez',
    'GET /readyz',
    'GET /docs',
    // In docs/sync.md: MessagePack is beyond what OpenAPI describes well.
    'GET /v1/sync',
    // The widget for web pages, in docs/api-notes.md.
    'OPTIONS /api/v1/widget/visits',
    ...['.js', '/frame', '/assets/:name', '/mediapipe/wasm/:name', '/models/:name'].map(
      (path) => `GET /widget${path}`,
    ),
    ...['pair', 'push', 'pull', 'events', 'report', 'policy', 'session-claim', 'session-result'].map(
      (name) => `POST /v1/sync/${name}`,
    ),
    ...PAGES.flatMap((page) =>
      ['', '/', '/json', '/yaml', '/static/index.html', '/static/swagger-initializer.js', '/*'].map(
        (path) => `GET ${page}${path}`,
      ),
    ),
  ];
  const routes = routesOf(inside.app.printRoutes({ commonPrefix: false }));
  // Two methods of one path may call its parameter by different names.
  const shapes = (all: readonly string[]) =>
    all.map((route) => route.replaceAll(/:[\w|:]+/g, ':x')).toSorted();
  expect(shapes(routes)).toEqual(shapes([...documented, ...others]));
  await inside.close();
  await installation.remove();
});

it('pages and documents of the APIs can be switched off, and the APIs go on', async () => {
  const installation = await newInstallation();
  expect(parseOptions(['--swagger', 'off']).swagger).toBe('off');
  vi.stubEnv('LINTEL_SWAGGER', 'off');
  const inside = await startServer({ ...SERVER_OPTIONS, ...installation, swagger: parseOptions([]).swagger });
  for (const page of PAGES) {
    for (const path of ['', '/', '/json', '/yaml', '/static/index.html', '/static/swagger-ui.css']) {
      const { statusCode } = await inside.app.inject(`${page}${path}`);
      expect([page, path, statusCode]).toEqual([page, path, 404]);
    }
  }
  expect(routesOf(inside.app.printRoutes({ commonPrefix: false })).join('\n')).not.toMatch(/swagger|docs/);
  expect((await inside.app.inject('/docs')).statusCode).toBe(404);
  expect((await inside.app.inject('/v1/healthz')).statusCode).toBe(200);
  expect((await inside.app.inject('/v1/collection/get-all')).statusCode).toBe(401);
  await inside.close();
  await installation.remove();
});

it('starts however long its routes take: a busy machine is slow', async () => {
  const installation = await newInstallation();
  const inside = await startServer({ ...SERVER_OPTIONS, ...installation });
  expect(inside.app.initialConfig.pluginTimeout).toBe(0);
  await inside.close();
  await installation.remove();
});

it('registration can be switched off', async () => {
  const installation = await newInstallation();
  vi.stubEnv('LINTEL_REGISTRATION', 'off');
  const { registration } = parseOptions([]);
  const inside = await startServer({ ...SERVER_OPTIONS, ...installation, registration });
  const payload = { email: 'dev@company.com', name: 'Dev' };
  const answer = await inside.app.inject({ method: 'POST', url: '/api/v1/register', payload });
  expect([answer.statusCode, answer.json()]).toMatchObject([403, { code: 'REGISTRATION_OFF' }]);
  await inside.close();
  await installation.remove();
});

/** Method and path of each route in Fastify's drawing of them, without HEAD. */
function routesOf(drawing: string): string[] {
  const above: string[] = [];
  return drawing
    .split('\n')
    .filter((line) => line.trim() !== '')
    .flatMap((line) => {
      const [, indent = '', part = '', methods = ''] = /^([│ ]*)[├└]── (\S+) \((.*)\)$/.exec(line) ?? [];
      const depth = indent.length / 4;
      above.splice(depth, Infinity, part);
      return methods
        .split(', ')
        .filter((method) => method !== 'HEAD')
        .map((method) => `${method} ${above.join('')}`);
    });
}

import type { FastifyInstance } from 'fastify';
import { DIALECTS, type DialectDescription } from '#contract';

/** Where the page is that names all documented APIs. */
const OVERVIEW = '/docs';

/** Nothing but its own style. */
const POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'";

/** A page that names every documented API: what it is for, how its requests show who sends them, and its page. */
export function installOverview(app: FastifyInstance): void {
  app.get(OVERVIEW, { schema: { hide: true } }, (_request, reply) =>
    reply.header('content-security-policy', POLICY).type('text/html; charset=utf-8').send(HTML),
  );
}

const html = (dialects: readonly DialectDescription[]): string => `<!doctype html>
<html lang="en">
  <meta charset="utf-8" />
  <meta name="viewport" content="width=device-width" />
  <title>Lintel APIs</title>
  <style>
    body { font: 1rem/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 60rem; padding: 0 1rem; color-scheme: light dark; }
    table { border-collapse: collapse; width: 100%; }
    th, td { text-align: left; vertical-align: top; padding: 0.6rem 0.8rem; border-bottom: 1px solid #8886; }
    code { overflow-wrap: anywhere; }
  </style>
  <h1>Lintel APIs</h1>
  <p>All serve the same people: a person enrolled through one API is found, and deleted, through every other. One key of an account works in each.</p>
  <table>
    <tr><th>API</th><th>Paths</th><th>Authentication</th><th>Documentation</th></tr>
${dialects.map(row).join('\n')}
  </table>
</html>
`;

const row = ({ prefixes, title, description, page, authentication }: DialectDescription): string =>
  `    <tr><td><b>${escaped(title)}</b><br />${escaped(description)}</td>` +
  `<td>${prefixes.map((prefix) => `<code>${escaped(prefix)}</code>`).join('<br />')}</td>` +
  `<td>${escaped(authentication)}</td>` +
  `<td><a href="${page}">Page</a>, <a href="${page}/json">OpenAPI</a></td></tr>`;

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');

const HTML = html(Object.values(DIALECTS));

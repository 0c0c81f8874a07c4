import type { FastifyInstance } from 'fastify';
import { apisOf, sendPage } from './page.ts';

/** Where the page is that names all documented APIs. */
export const OVERVIEW = '/docs';

/** A page that names every documented API: what it is for, how its requests show who sends them, and its page. */
export function installOverview(app: FastifyInstance): void {
  app.get(OVERVIEW, { schema: { hide: true } }, (_request, reply) => sendPage(reply, 'Lintel APIs', HTML));
}

const HTML = `<h1>Lintel APIs</h1>
<p>All serve the same people: a person enrolled through one API is found, and deleted, through every other. One key of an account works in each.</p>
${apisOf(true)}
<p><a href="/">About this server</a></p>`;

import type { FastifyInstance } from 'fastify';
import { OVERVIEW } from './overview.ts';
import { apisOf, sendPage } from './page.ts';

export interface FrontPageOptions {
  /** Of Lintel. */
  readonly version: string;
  /** Whether the pages and documents of the APIs are served. */
  readonly isDocumented: boolean;
  /** Asks the store for anything. */
  readonly askStore: () => Promise<unknown>;
  /** Resolves when a thread that recognises did some work. */
  readonly askRecognition: () => Promise<unknown>;
  /** Milliseconds after which either counts as failed; by default {@link LIMIT_MS}. */
  readonly limitMs?: number;
}

/** For somebody who waits for a page. */
const LIMIT_MS = 3_000;

interface State {
  readonly store: boolean;
  readonly recognition: boolean;
}

/**
 * `GET /`, for who opens the address of the server in a browser: what it is, whether it is well (503 if not), its APIs, and what
 * comes next. Anybody may see it, so it names and counts nobody, and all who look at once share one look.
 */
export function installFrontPage(app: FastifyInstance, options: FrontPageOptions): void {
  const { version, isDocumented, askStore, askRecognition, limitMs = LIMIT_MS } = options;
  let looking: Promise<State> | null = null;
  const look = async (): Promise<State> => {
    const [store, recognition] = await Promise.all([
      succeeds(askStore(), limitMs),
      succeeds(askRecognition(), limitMs),
    ]);
    return { store, recognition };
  };
  app.get('/', { schema: { hide: true } }, async (_request, reply) => {
    looking ??= look().finally(() => {
      looking = null;
    });
    const state = await looking;
    if (!state.store || !state.recognition) void reply.code(503);
    return await sendPage(reply, 'Lintel server', bodyOf(version, state, isDocumented));
  });
}

async function succeeds(answer: Promise<unknown>, limitMs: number): Promise<boolean> {
  const { promise: late, resolve } = Promise.withResolvers<false>();
  const timer = setTimeout(() => resolve(false), limitMs);
  const done = answer.then(
    () => true,
    () => false,
  );
  try {
    return await Promise.race([done, late]);
  } finally {
    clearTimeout(timer);
  }
}

const bodyOf = (
  version: string,
  { store, recognition }: State,
  isDocumented: boolean,
): string => `<h1>Lintel server</h1>
<p>Version ${version}. It keeps face-recognition appliances at kiosks and doors in step, and serves the APIs below to programs. Who runs it does so by the command line.</p>
<h2>State</h2>
<ul>
${stateOf(store, 'The store answers.', 'The store does not answer, and requests are refused until it does. The log of the server says why.')}
${stateOf(recognition, 'Recognition is ready.', 'Recognition is not ready: it is still starting, or has stopped. If it stays so, look at the log of the server.')}
</ul>
<p>For monitors: <a href="/livez">/livez</a> and <a href="/readyz">/readyz</a> without a key, <a href="/metrics">/metrics</a> with a key that has the scope admin.</p>
<h2>APIs</h2>
<p>All serve the same people, and one key of an account works in each. ${
  isDocumented
    ? `<a href="${OVERVIEW}">${OVERVIEW}</a> lists them, too.`
    : 'Their documentation is not served here (<code>--swagger off</code>).'
}</p>
${apisOf(isDocumented)}
<h2>What comes next</h2>
<p>Commands are for a shell in the folder of Lintel, with the data folder and the key of the server.</p>
<ol>
<li><p>Create an account for a program. Its API key is shown once.</p>
<pre><code>npm run --silent lintel -- account create ACME</code></pre></li>
<li><p>Enrol and search by that key: <code>docs/api-examples.md</code> has examples with curl for each API.</p></li>
<li><p>Pair an appliance: make a code here, good for a quarter of an hour, and give it there, on its screen under “Server” or by the command line. ADDRESS is what your browser shows above, with https unless the appliance is on this machine.</p>
<pre><code>npm run --silent lintel -- device invite --account ACME
npm run --silent lintel -- pair CODE --server ADDRESS --name "North door"</code></pre></li>
</ol>`;

const stateOf = (isWell: boolean, well: string, ill: string): string =>
  isWell ? `<li class="good">${well}</li>` : `<li class="bad">${ill}</li>`;

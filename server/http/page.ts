import { createHash } from 'node:crypto';
import type { FastifyReply } from 'fastify';
import { DIALECTS, type DialectDescription } from '#contract';

/** Of every page: at any width, light or dark as the reader has it. */
const STYLE = `
  :root { color-scheme: light dark; --line: #0003; --soft: #0000000d; --good: #10662c; --bad: #b3101c; }
  @media (prefers-color-scheme: dark) {
    :root { --line: #fff4; --soft: #ffffff14; --good: #7ddb94; --bad: #ff9d9d; }
  }
  body { background: Canvas; color: CanvasText; font: 1rem/1.5 system-ui, sans-serif; margin: 0 auto; max-width: 64rem; padding: 1.5rem 1rem 3rem; }
  h1 { font-size: 1.75rem; line-height: 1.2; margin: 0; }
  h2 { font-size: 1.25rem; margin: 2rem 0 0.5rem; }
  p { margin: 0.25rem 0; }
  code { font: 0.9em/1.5 ui-monospace, monospace; overflow-wrap: anywhere; }
  pre { background: var(--soft); border-radius: 0.4rem; margin: 0.4rem 0; padding: 0.6rem 0.8rem; white-space: pre-wrap; }
  ul { list-style: none; margin: 0; padding: 0; }
  ol { margin: 0; padding-left: 1.4rem; }
  li > p:first-child { margin-top: 0; }
  ol > li { margin-top: 0.8rem; }
  .apis { display: grid; gap: 0.8rem; margin: 0.8rem 0; grid-template-columns: repeat(auto-fill, minmax(min(18rem, 100%), 1fr)); }
  .apis > li { border: 1px solid var(--line); border-radius: 0.6rem; padding: 0.8rem 1rem; }
  .apis code { display: inline-block; }
  .good::before { color: var(--good); content: '✓ ' / ''; font-weight: bold; }
  .bad { color: var(--bad); font-weight: bold; }
  .bad::before { content: '✗ ' / ''; }
`;

/** Nothing but that style. */
const POLICY = [
  "default-src 'none'",
  `style-src 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'`,
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** Sends a page for people, without a script. @param body HTML */
export const sendPage = (reply: FastifyReply, title: string, body: string): FastifyReply =>
  reply
    .headers({ 'content-security-policy': POLICY, 'referrer-policy': 'no-referrer' })
    .type('text/html; charset=utf-8').send(`<!doctype html>
<html lang="en">
<meta charset="utf-8" />
<meta name="viewport" content="width=device-width" />
<title>${title}</title>
<style>${STYLE}</style>
<main>
${body}
</main>
</html>
`);

/**
 * What the APIs are for, where they are and how their requests show who sends them.
 * @param isDocumented whether the page and the document of each are served
 * @returns HTML
 */
export const apisOf = (isDocumented: boolean): string =>
  `<ul class="apis">\n${Object.values(DIALECTS)
    .map((dialect) => itemOf(dialect, isDocumented))
    .join('\n')}\n</ul>`;

const itemOf = (
  { name, prefixes, description, page, authentication }: DialectDescription,
  isDocumented: boolean,
): string =>
  `<li><p><b>${escaped(name)}</b></p><p>${escaped(description)}</p>` +
  `<p>${prefixes.map((prefix) => `<code>${escaped(prefix)}</code>`).join(', ')}</p>` +
  `<p><small>${escaped(authentication)}</small></p>` +
  (isDocumented
    ? `<p><a href="${page}">Documentation</a>, <a href="${page}/json">OpenAPI</a></p></li>`
    : '</li>');

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');

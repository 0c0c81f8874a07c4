import { connect, type AddressInfo } from 'node:net';
import * as fc from 'fast-check';
import Fastify from 'fastify';
import { expect, it } from 'vitest';
import { acceptForms } from './form.ts';

it('a form whose connection is reset is refused: no request waits for the rest', async () => {
  const app = Fastify();
  acceptForms(app);
  const errors: unknown[] = [];
  let isRead = false;
  app.addHook('preParsing', async (_request, _reply, payload) => {
    payload.once('data', () => (isRead = true));
    return payload;
  });
  app.addHook('onError', async (_request, _reply, { code }) => void errors.push(code));
  app.post('/', async () => null);
  await app.listen();
  const socket = connect((app.server.address() as AddressInfo).port).on('error', () => undefined);
  const headers = ['Host: x', 'Content-Type: multipart/form-data; boundary=b', 'Content-Length: 900'];
  const part = '--b\r\nContent-Disposition: form-data; name="image"; filename="x"\r\n\r\nxx';
  socket.write(`POST / HTTP/1.1\r\n${headers.join('\r\n')}\r\n\r\n${part}`);
  await expect.poll(() => isRead).toBe(true);
  socket.resetAndDestroy();
  await expect.poll(() => errors).toEqual(['form-malformed']);
  await app.close();
});

const CRLF = '\r\n';
const NAMED = `--b${CRLF}Content-Disposition: form-data; name="a"${CRLF}${CRLF}x${CRLF}`;

/** A server that answers a form with its names. */
function formServer() {
  const app = Fastify();
  acceptForms(app);
  app.setErrorHandler((error: { code: string }, _request, reply) => reply.code(400).send(error.code));
  app.post('/', ({ body }) => Object.keys(body as object));
  const headers = { 'content-type': 'multipart/form-data; boundary=b' };
  return {
    send: (parts: string) =>
      app.inject({ method: 'POST', url: '/', headers, payload: `${parts}--b--${CRLF}` }),
    close: () => app.close(),
  };
}

it.each(['', '; name', '; filename="x"', '; filename="x"; nam="a"'])(
  'a part without a name is refused: form-data%s',
  async (disposition) => {
    const server = formServer();
    const nameless = `--b${CRLF}Content-Disposition: form-data${disposition}${CRLF}${CRLF}x${CRLF}`;
    expect((await server.send(NAMED + nameless + NAMED)).body).toBe('form-malformed');
    await server.close();
  },
);

/** What forms are made of, and what they must not be made of. */
const FRAGMENTS = [
  '--b',
  '--',
  'Content-Disposition: form-data',
  'Content-Disposition',
  ': ',
  '; name="a[]"',
  '; name="__proto__"',
  '; filename="x"',
  "; filename*=utf-8''%ff",
  '; name*=x',
  '"',
  '\\',
  '\0',
  CRLF,
  CRLF + CRLF,
  'Content-Type: text/plain; charset=utf-7',
  'Content-Transfer-Encoding: base64',
];

it('whatever a form is made of, it is read or refused, and the next is read', async () => {
  const server = formServer();
  const fragment = fc.constantFrom(...FRAGMENTS);
  await fc.assert(
    fc.asyncProperty(fc.array(fragment, { maxLength: 30 }), async (fragments) => {
      const { statusCode, body } = await server.send(fragments.join(''));
      expect(statusCode === 200 ? 'read' : body).toMatch(/^(read|form-malformed|body-too-large)$/);
    }),
    { numRuns: 1000, seed: 1 },
  );
  expect((await server.send(NAMED)).json()).toEqual(['a']);
  await server.close();
});

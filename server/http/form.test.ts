import { connect, type AddressInfo } from 'node:net';
import Fastify from 'fastify';
import { expect, it } from 'vitest';
import { acceptForms } from './form.ts';

it('a form whose connection is reset is refused: nobody waits for the rest', async () => {
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

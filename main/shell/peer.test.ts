import { once } from 'node:events';
import { createServer, connect, type AddressInfo, type Socket } from 'node:net';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { userOfPeer } from './peer.ts';

const server = createServer();
let client: Socket;

beforeAll(async () => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  client = connect((server.address() as AddressInfo).port, '127.0.0.1');
  await once(client, 'connect');
});
afterAll(() => {
  client.destroy();
  server.close();
});

it.runIf(process.platform === 'linux')(
  'names the user at the other end, as the kernel knows it',
  async () => {
    const own = (server.address() as AddressInfo).port;
    expect(await userOfPeer(client.localPort ?? 0, own)).toBe(process.getuid?.());
  },
);

it('knows no user where there is no such connection, and where the kernel does not tell', async () => {
  expect(await userOfPeer(1, (server.address() as AddressInfo).port)).toBeNull();
  expect(await userOfPeer(1, 1, '/nowhere')).toBeNull();
});

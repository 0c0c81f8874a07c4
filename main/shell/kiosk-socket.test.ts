import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { decode, encode } from '@msgpack/msgpack';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { SocketMessage, type KioskReply } from '#contract';
import { serveKiosk } from './kiosk-socket.ts';

/** An appliance that answers when the test says so; with a real one this is the system tests' matter. */
let answers: ((reply: KioskReply) => void)[];
let closed: number;
let server: WebSocketServer;
let client: WebSocket;
let received: SocketMessage[];

beforeEach(async () => {
  answers = [];
  closed = 0;
  received = [];
  server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  server.on('connection', (socket) =>
    serveKiosk(socket, {
      connect: () => ({
        handle: () => new Promise((resolve) => void answers.push(resolve)),
        close: () => void closed++,
      }),
    }),
  );
  await once(server, 'listening');
  client = new WebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`);
  client.on('message', (data: Buffer) => void received.push(SocketMessage.parse(decode(data))));
  await once(client, 'open');
});
afterEach(() => {
  client.terminate();
  server.close();
});

const send = (id: number): void => client.send(encode({ id, channel: 'visit.begin', input: {} }));
const waitFor = async (count: number): Promise<void> => await expect.poll(() => received).toHaveLength(count);

it('takes eight requests at once, says busy to more, and answers the eight', async () => {
  for (let id = 0; id < 12; id++) send(id);
  await waitFor(4);
  expect(received).toEqual(
    [8, 9, 10, 11].map((id) => ({
      type: 'reply',
      id,
      reply: { ok: false, error: { code: 'busy', message: expect.any(String) } },
    })),
  );
  expect(answers).toHaveLength(8);
  for (const answer of answers) answer({ ok: true, value: 1 });
  await waitFor(12);
  expect(received.slice(4).map((message) => message.type === 'reply' && message.id)).toEqual([
    0, 1, 2, 3, 4, 5, 6, 7,
  ]);
  send(12);
  await expect.poll(() => answers).toHaveLength(9);
});

it('closes its connection to the appliance with the socket, and swallows a late answer', async () => {
  send(0);
  await expect.poll(() => answers).toHaveLength(1);
  client.terminate();
  await expect.poll(() => closed).toBe(1);
  answers[0]!({ ok: true, value: 1 });
  await new Promise(setImmediate);
  expect(received).toEqual([]);
});

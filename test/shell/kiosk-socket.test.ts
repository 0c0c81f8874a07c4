import { encode, decode } from '@msgpack/msgpack';
import { describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { KIOSK_CHANNELS, SocketMessage } from '#contract';
import { ask, closed, opened, newShellClient } from './shell-client.ts';

const MAX_MESSAGE = 10 * 10_000_000 + 64 * 1024;

const { connect, socketTo, now } = newShellClient();

describe('the socket', () => {
  it.each(['http://evil.example', 'null', 'http://localhost', 'https://127.0.0.1'])(
    'is refused to the origin %s',
    async (origin) => {
      await expect(opened(socketTo({ origin }))).rejects.toThrow('status 403');
    },
  );

  it('is refused without the session, whatever else is right', async () => {
    await expect(opened(socketTo({ headers: {} }))).rejects.toThrow('status 401');
    const query = new URL(now.shell.newAddress()).search;
    const socket = new WebSocket(`${now.shell.origin.replace('http', 'ws')}/kiosk${query}`, {
      origin: now.shell.origin,
    });
    await expect(opened(socket)).rejects.toThrow('status 401');
    const root = new WebSocket(`${now.shell.origin.replace('http', 'ws')}/${query}`, {
      origin: now.shell.origin,
    });
    await expect(opened(root)).rejects.toThrow('status 401');
  });

  it('answers, in any order, by id', async () => {
    const socket = await connect();
    const [status, ticket] = await Promise.all([ask(socket, 'appliance.status'), ask(socket, 'visit.begin')]);
    expect(status).toMatchObject({
      ok: true,
      value: { version: '1.2.3', enrolledCount: 0, pausedForMs: 0, faceIsOff: false },
    });
    expect(ticket).toMatchObject({ ok: true, value: { frameCount: 3 } });
    socket.terminate();
  });

  it('refuses an unknown channel and keeps going', async () => {
    const socket = await connect();
    expect(await ask(socket, 'store.dump')).toMatchObject({ ok: false, error: { code: 'channel-unknown' } });
    expect(await ask(socket, 'appliance.status')).toMatchObject({ ok: true });
    socket.terminate();
  });

  it.each(
    Object.entries(KIOSK_CHANNELS).flatMap(([name, { access }]) => (access === 'operator' ? [name] : [])),
  )('refuses %s without an operator', async (channel) => {
    const socket = await connect();
    expect(await ask(socket, channel)).toMatchObject({ ok: false, error: { code: 'operator-required' } });
    socket.terminate();
  });

  it.each([
    ['bytes that are no MessagePack', Buffer.from([0xc1]), 1007],
    [
      'a message cut short',
      Buffer.from(encode({ id: 1, channel: 'appliance.status', input: {} })).subarray(0, 9),
      1007,
    ],
    ['a request without an id', encode({ channel: 'appliance.status', input: {} }), 1007],
    ['a request with more than it should have', encode({ id: 1, channel: 'x', input: {}, token: 1 }), 1007],
    ['an array', encode([1, 'appliance.status', {}]), 1007],
    ['two messages in one', Buffer.concat([encode({ id: 1, channel: 'x', input: {} }), encode(1)]), 1007],
    ['nothing', Buffer.alloc(0), 1007],
    ['a depth bomb', Buffer.alloc(100_000, 0x91), 1007],
    ['an array that claims four billion items', Buffer.from([0xdd, 0xff, 0xff, 0xff, 0xff]), 1007],
    ['text', '{"id":1}', 1003],
  ])('closes on %s', async (_, message, code) => {
    const socket = await connect();
    const end = closed(socket);
    socket.send(message);
    expect(await end).toBe(code);
    const again = await connect();
    expect(await ask(again, 'appliance.status')).toMatchObject({ ok: true });
    again.terminate();
  });

  it('closes on a message larger than any request', async () => {
    const socket = await connect();
    const end = closed(socket);
    socket.send(Buffer.alloc(MAX_MESSAGE + 1));
    expect(await end).toBe(1009);
    const again = await connect();
    expect(await ask(again, 'appliance.status')).toMatchObject({ ok: true });
    again.terminate();
  });

  it('takes the largest request of the contract', async () => {
    const socket = await connect();
    const images = Array.from({ length: 10 }, () => new Uint8Array(10_000_000));
    expect(await ask(socket, 'people.enrol', { metadata: {}, images })).toMatchObject({
      ok: false,
      error: { code: 'operator-required' },
    });
    socket.terminate();
  });

  it('may be opened by a reload before the old one is gone; of many, the oldest ends', async () => {
    const oldest = await connect();
    const end = closed(oldest);
    const others = [await connect(), await connect(), await connect()];
    expect(oldest.readyState).toBe(WebSocket.OPEN);
    const newest = await connect();
    await end;
    expect(await ask(newest, 'appliance.status')).toMatchObject({ ok: true });
    for (const socket of [...others, newest]) socket.terminate();
  });

  it('brings events, and signs an operator in on itself alone', async () => {
    const socket = await connect();
    const events: { readonly event: string; readonly body: unknown }[] = [];
    socket.on('message', (data: Buffer) => {
      const message = SocketMessage.parse(decode(data));
      if (message.type === 'event') events.push(message);
    });
    const setupCode = /([0-9]{5} [0-9]{5})$/m.exec(now.shell.setupCode ?? '')?.[1];
    now.shell.newAddress();
    expect(await ask(socket, 'operator.set-pin', { pin: '271828' })).toMatchObject({
      ok: false,
      error: { code: 'setup-code-wrong' },
    });
    expect(await ask(socket, 'operator.set-pin', { pin: '271828', setupCode })).toEqual({
      ok: true,
      value: { operatorId: 'administrator' },
    });
    // Once: that an address was given out again is no news of the screen.
    expect(events).toMatchObject([{ event: 'appliance.status-changed', body: { pinIsSet: true } }]);
    expect(await ask(socket, 'operator.login', { pin: '271828' })).toMatchObject({ ok: true });
    expect(await ask(socket, 'people.list')).toEqual({ ok: true, value: { faces: [], total: 0 } });
    const other = await connect();
    expect(await ask(other, 'people.list')).toMatchObject({
      ok: false,
      error: { code: 'operator-required' },
    });
    for (const each of [socket, other]) each.terminate();
  });
});

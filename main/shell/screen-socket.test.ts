import { once } from 'node:events';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ScreenRequest } from '#contract';
import { createLog } from '../process/index.ts';
import { askForInvitation, serveInvitations } from './screen-socket.ts';

const ADDRESS = `http://127.0.0.1:8477/?token=${'a'.repeat(43)}`;

let dir: string;
let path: string;
let requests: ScreenRequest[];
let end: () => Promise<void>;

const serve = async (address = ADDRESS): Promise<void> => {
  end = await serveInvitations(
    path,
    async (request) => {
      requests.push(request);
      return address;
    },
    createLog('silent'),
  );
};

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'lintel-socket-'));
  path = join(dir, 'address.sock');
  requests = [];
  await serve();
});
afterEach(async () => {
  await end();
  await rm(dir, { recursive: true });
});

describe('the screen’s socket', () => {
  it('gives an address, to its group at most', async () => {
    expect(await askForInvitation(path, { obeysPolicy: true, isOpen: false }, () => undefined)).toBe(ADDRESS);
    expect(requests).toEqual([{ obeysPolicy: true, isOpen: false }]);
    expect((await stat(path)).mode & 0o777).toBe(0o660);
  });

  it('tells when the appliance is gone, and is there again after a crash left it behind', async () => {
    const gone = new Promise<void>((resolve) => {
      void askForInvitation(path, { obeysPolicy: true, isOpen: false }, resolve);
    });
    await expect.poll(() => requests.length).toBe(1);
    await end();
    await gone;
    await serve();
    expect(await askForInvitation(path, { obeysPolicy: false, isOpen: false }, () => undefined)).toBe(
      ADDRESS,
    );
  });

  it.each([
    'no JSON\n',
    '{"obeysPolicy":1,"isOpen":false}\n',
    '{"obeysPolicy":true}\n',
    '{"obeysPolicy":true,"isOpen":false,"more":1}\n',
    `${'x'.repeat(5000)}\n`,
  ])('hangs up on what is no request: %j', async (text) => {
    const socket = connect(path);
    let answer = '';
    socket.setEncoding('utf8').on('data', (part: string) => (answer += part));
    socket.on('error', () => undefined).write(text);
    await once(socket, 'close');
    expect([answer, requests]).toEqual(['', []]);
  });

  it('is not believed when it names another place', async () => {
    await end();
    await serve('http://evil.example/?token=x');
    await expect(
      askForInvitation(path, { obeysPolicy: true, isOpen: false }, () => undefined),
    ).rejects.toThrow(/address/);
  });
});

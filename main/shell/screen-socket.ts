import { chmod, lstat, rm } from 'node:fs/promises';
import { connect, createServer, type Socket } from 'node:net';
import { LintelError, ScreenInvitation, ScreenRequest } from '#contract';
import type { Log } from '../process/index.ts';

/** A line of either side; both are far shorter. */
const MAX_LINE = 1024;
const ANSWER_MS = 5_000;

/**
 * Gives addresses to the program at the screen, which may run as another user. The permissions of the folder around the
 * socket say which user that is. Each connection stays open, so that the other side notices when this one is gone.
 * @param invite a new address for a screen that says this of itself, or null where its page goes on; `drop` tells the screen
 *   that what it was given is worthless
 * @returns a function that ends it
 * @throws LintelError `address-unavailable`
 */
export async function serveInvitations(
  path: string,
  invite: (request: ScreenRequest, drop: () => void) => Promise<string | null>,
  log: Log,
): Promise<() => Promise<void>> {
  const open = new Set<Socket>();
  const server = createServer((socket) => {
    open.add(socket);
    socket.on('close', () => open.delete(socket));
    socket.on('error', () => socket.destroy());
    const answer = async (): Promise<void> => {
      const request = ScreenRequest.parse(JSON.parse(await readLine(socket)));
      const address = await invite(request, () => socket.destroy());
      socket.write(`${JSON.stringify({ address } satisfies ScreenInvitation)}\n`);
    };
    answer().catch((error: unknown) => {
      log.warn({ err: error }, 'no address given');
      socket.destroy();
    });
  });
  // A screen that crashed before is not there any more; at most one waits for an answer.
  server.maxConnections = 4;
  const existing = await lstat(path).catch(() => null);
  if (existing?.isSocket()) await rm(path);
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause) => reject(new LintelError('address-unavailable', `(${path})`, { cause })));
    server.listen(path, resolve);
  });
  // As of a connection that cannot be taken: the next may be.
  server.on('error', (error) => log.warn({ err: error }, 'a screen could not be taken'));
  await chmod(path, 0o660);
  return async () => {
    for (const socket of open) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  };
}

/**
 * Asks the appliance for an address; null where the page that is open goes on.
 * @param onGone called once the appliance is gone, or says that the address is worthless
 * @throws Error where there is no appliance, or its answer is none
 */
export async function askForInvitation(
  path: string,
  request: ScreenRequest,
  onGone: () => void,
): Promise<string | null> {
  const socket = connect(path);
  try {
    await new Promise((resolve, reject) => socket.once('connect', resolve).once('error', reject));
    socket.write(`${JSON.stringify(request)}\n`);
    const { address } = ScreenInvitation.parse(JSON.parse(await readLine(socket)));
    socket.on('error', () => undefined);
    socket.once('close', onGone);
    return address;
  } catch (error) {
    socket.destroy();
    throw error;
  }
}

function readLine(socket: Socket): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    const timer = setTimeout(() => reject(new Error('no line in time')), ANSWER_MS);
    const end = (): void => {
      clearTimeout(timer);
      socket.off('data', take).off('close', fail).off('error', fail);
    };
    const fail = (): void => {
      end();
      reject(new Error('no line'));
    };
    const take = (chunk: string): void => {
      text += chunk;
      const at = text.indexOf('\n');
      if (at < 0 && text.length <= MAX_LINE) return;
      end();
      if (at < 0) reject(new Error('too long a line'));
      else resolve(text.slice(0, at));
    };
    socket.setEncoding('utf8').on('data', take).on('close', fail).on('error', fail);
  });
}

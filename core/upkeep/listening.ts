import type { EventEmitter } from 'node:events';
import { LintelError } from '#contract';
import type { Log } from './log.ts';

interface Address {
  readonly host: string;
  readonly port: number;
}

const REASONS: Readonly<Record<string, string>> = {
  EADDRINUSE: 'it is in use',
  EADDRNOTAVAIL: 'it is not an address of this machine',
  EACCES: 'the system does not permit it',
  ENOTFOUND: 'there is no host of this name',
};

/**
 * Starts a server. A connection that it cannot take, such as when the system has no more files for it, is noted in the log,
 * and it goes on listening.
 * @returns where it listens @throws LintelError `address-unavailable`
 */
export async function listenAt(
  app: { listen(address: Address): Promise<string>; readonly server: EventEmitter },
  { host, port }: Address,
  log: Pick<Log, 'error'>,
): Promise<string> {
  try {
    const origin = await app.listen({ host, port });
    app.server.on('error', (error: unknown) => log.error({ err: error }, 'a connection could not be taken'));
    return origin;
  } catch (error) {
    // Fastify's own errors have codes too, but no system call.
    if (!(error instanceof Error && 'syscall' in error && 'code' in error)) throw error;
    const { code } = error;
    const reason = REASONS[String(code)] ?? String(code);
    throw new LintelError('address-unavailable', `(${host}, port ${port}: ${reason})`, { cause: error });
  }
}

import { LintelError } from '#contract';

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

/** Starts a server. @returns where it listens @throws LintelError `address-unavailable` */
export async function listenAt(
  server: { listen(address: Address): Promise<string> },
  { host, port }: Address,
): Promise<string> {
  try {
    return await server.listen({ host, port });
  } catch (error) {
    // Fastify's own errors have codes too, but no system call.
    if (!(error instanceof Error && 'syscall' in error && 'code' in error)) throw error;
    const { code } = error;
    const reason = REASONS[String(code)] ?? String(code);
    throw new LintelError('address-unavailable', `(${host}, port ${port}: ${reason})`, { cause: error });
  }
}

import type { Server } from 'node:http';
import ipaddr from 'ipaddr.js';
import { Tally } from './tally.ts';

export interface ConnectionLimits {
  readonly all: number;
  readonly perAddress: number;
}

/** Bits of an IPv6 address that name the network. Its owner has all addresses in it. */
const NETWORK_BITS = 64;

/**
 * Closes connections beyond a number of them, in all and from one address. This machine's own addresses count in all only:
 * a proxy in front speaks for everybody.
 */
export function limitConnections(server: Server, { all, perAddress }: ConnectionLimits): void {
  const open = new Tally();
  server.maxConnections = all;
  server.on('connection', (socket) => {
    if (isOfThisMachine(socket.remoteAddress)) return;
    const network = networkOf(socket.remoteAddress);
    if (open.of(network) >= perAddress) {
      socket.destroy();
      return;
    }
    open.add(network, 1);
    socket.once('close', () => open.add(network, -1));
  });
}

const isOfThisMachine = (address: string | undefined): boolean =>
  address !== undefined && ipaddr.isValid(address) && ipaddr.process(address).range() === 'loopback';

/** Who is counted as one. */
export function networkOf(address: string | undefined): string {
  if (address === undefined || !ipaddr.isValid(address)) return 'unknown';
  const parsed = ipaddr.process(address);
  if (parsed instanceof ipaddr.IPv4) return parsed.toString();
  return ipaddr.IPv6.networkAddressFromCIDR(`${parsed.toNormalizedString()}/${NETWORK_BITS}`).toString();
}

import ipaddr from 'ipaddr.js';

/**
 * Whether an IP address belongs to the public internet: not loopback, private, link-local, shared, multicast,
 * documentation or otherwise reserved, nor an IPv6 address that carries such an IPv4 address in it.
 */
export function isPublicAddress(address: string): boolean {
  if (!ipaddr.isValid(address)) return false;
  const parsed = ipaddr.parse(address);
  if (parsed instanceof ipaddr.IPv6 && parsed.isIPv4MappedAddress()) {
    return parsed.toIPv4Address().range() === 'unicast';
  }
  // Of IPv6 only 2000::/3 is given out (RFC 4291); what wraps an IPv4 address there (6to4, Teredo) has its own range.
  const isGivenOut = parsed instanceof ipaddr.IPv4 || parsed.match(ipaddr.IPv6.parseCIDR('2000::/3'));
  return isGivenOut && parsed.range() === 'unicast';
}

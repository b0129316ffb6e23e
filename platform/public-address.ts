import ipaddr from 'ipaddr.js';

/** Written like a public address, it is where Azure's machines find their platform. */
const AZURE_PLATFORM = '168.63.129.16';
/** The part of IPv6 that is given out to the public; all of the rest is for something else. */
const GLOBAL_UNICAST = ipaddr.parseCIDR('2000::/3');

/**
 * True for an address that anybody may have on the internet. Loopback, private, link-local (with the clouds'
 * metadata), shared (CGNAT), unique-local, multicast and reserved ones are not, nor are IPv6 forms that carry an
 * IPv4 address which is not, nor tunnels and translations, whose end nobody here can see.
 */
export function isPublicAddress(text: string): boolean {
  if (!ipaddr.isValid(text)) return false;
  // Turns ::ffff:10.0.0.1 into 10.0.0.1.
  const address = ipaddr.process(text);
  if (address.range() !== 'unicast') return false;
  if (address.toString() === AZURE_PLATFORM) return false;
  return address.kind() === 'ipv4' || address.match(GLOBAL_UNICAST);
}

/** The address that is written in a URL's host, without the brackets of IPv6; null where it is a name. */
export function literalAddress(hostname: string): string | null {
  const text = hostname.replace(/^\[(.*)\]$/, '$1');
  return ipaddr.isValid(text) ? text : null;
}

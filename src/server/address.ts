import { BlockList, isIP, isIPv4, SocketAddress } from 'node:net';
import { parseRange, unmapped } from '../domain/address.ts';

/** Addresses of machines: IPv4, IPv6, and the names that resolve to this machine. */

const getFamily = (address: string) => (isIP(address) === 6 ? 'ipv6' : 'ipv4');

const stripZone = (address: string): string => address.split('%', 1)[0] ?? '';

/** In brackets, or IPv4, with or without a port. */
const WITH_PORT = /^(?:\[(.+)\]|([\d.]+))(?::\d{0,5})?$/;

/**
 * The bare address in `text`, as sockets and proxies write it: with a port, brackets, quotes or a zone, or mapped into IPv6.
 * Undefined when it is none.
 */
export function parseAddress(text: string): string | undefined {
  if (isIP(text) === 4) return text;
  const written = text.trim().replace(/^"(.*)"$/, '$1');
  const [, bracketed, ipv4] = WITH_PORT.exec(written) ?? [];
  const address = stripZone(bracketed ?? ipv4 ?? written);
  const family = isIP(address);
  // A socket address has one spelling for each IPv6 address.
  if (family === 6) return unmapped(new SocketAddress({ address, family: 'ipv6' }).address);
  return family === 4 ? address : undefined;
}

const blockLists = new WeakMap<readonly string[], BlockList>();

function toBlockList(ranges: readonly string[]): BlockList {
  const list = new BlockList();
  for (const range of ranges) {
    const parsed = parseRange(range);
    if (parsed !== undefined) list.addSubnet(parsed.address, parsed.prefix, parsed.family);
  }
  return list;
}

/** Whether `address` is in one of `ranges`. */
export function isAmong(address: string, ranges: readonly string[]): boolean {
  const list = blockLists.get(ranges) ?? toBlockList(ranges);
  blockLists.set(ranges, list);
  const plain = unmapped(address);
  return isIP(plain) !== 0 && list.check(plain, getFamily(plain));
}

/** Whether `host`, a name or an address, is this machine's loopback. RFC 6761, 6.3. */
export function isLoopback(host: string): boolean {
  const name = host.toLowerCase();
  if (name === 'localhost' || name.endsWith('.localhost')) return true;
  const address = unmapped(name);
  return isIPv4(address) ? address.startsWith('127.') : isAmong(address, IPV6_LOOPBACK);
}

const IPV6_LOOPBACK = ['::1'];
const WILDCARD_HOSTS = ['0.0.0.0', '::'];

/** The host name or address in `url`; IPv6 without its brackets. */
export const getHostname = (url: string): string => new URL(url).hostname.replace(/^\[|\]$/g, '');

/** The host, as it is written in a URL, that reaches a server listening on `host` from this machine. */
export function toReachableHost(host: string | undefined): string {
  if (host === undefined || WILDCARD_HOSTS.includes(host)) return '127.0.0.1';
  return isIP(host) === 6 ? `[${host}]` : host;
}

/**
 * The name by which other machines reach a server listening on `host`, if it is known. The names and addresses of this
 * machine change with its network, and with every new container.
 */
export const listHostNames = (host: string): string[] => (WILDCARD_HOSTS.includes(host) ? [] : [host]);

import { BlockList, isIP } from 'node:net';
import { hostname, networkInterfaces } from 'node:os';
import { parseRange, unmapped } from '../domain/address.ts';

/** Addresses of machines: IP v4 and v6, and the names that lead to this machine. */

const getFamily = (address: string) => (isIP(address) === 6 ? 'ipv6' : 'ipv4');

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

/** Whether `host`, a name or an address, leads to this machine only. RFC 6761, 6.3. */
export function isLoopback(host: string): boolean {
  const name = host.toLowerCase();
  if (name === 'localhost' || name.endsWith('.localhost')) return true;
  return isAmong(name, LOOPBACK_RANGES);
}

const LOOPBACK_RANGES = ['127.0.0.0/8', '::1'];
const WILDCARD_HOSTS = ['0.0.0.0', '::'];

/** The name or address that `url` leads to; IPv6 without the brackets that it has in a URL. */
export const hostOf = (url: string): string => new URL(url).hostname.replace(/^\[|\]$/g, '');

/** How a server that listens on `host` is reached from this machine, as it stands in a URL. */
export function toReachableHost(host: string | undefined): string {
  if (host === undefined || WILDCARD_HOSTS.includes(host)) return '127.0.0.1';
  return isIP(host) === 6 ? `[${host}]` : host;
}

const stripZone = (address: string): string => address.split('%', 1)[0] ?? '';

/** Names and addresses under which other machines may reach a server that listens on `host`. */
export function listHostNames(host: string): string[] {
  if (!WILDCARD_HOSTS.includes(host)) return [host];
  const addresses = Object.values(networkInterfaces()).flatMap((all) => all ?? []);
  return [
    hostname(),
    ...addresses.filter(({ internal }) => !internal).map(({ address }) => stripZone(address)),
  ];
}

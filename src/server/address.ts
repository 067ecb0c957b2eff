import { BlockList, isIP } from 'node:net';
import { hostname, networkInterfaces } from 'node:os';
import { parseRange, unmapped } from '../domain/address.ts';

/** Addresses of machines: IP v4 and v6, and the names that lead to this machine. */

const family = (address: string) => (isIP(address) === 6 ? 'ipv6' : 'ipv4');

const lists = new WeakMap<readonly string[], BlockList>();

function listOf(ranges: readonly string[]): BlockList {
  const list = new BlockList();
  for (const range of ranges) {
    const parsed = parseRange(range);
    if (parsed !== undefined) list.addSubnet(parsed.address, parsed.prefix, parsed.family);
  }
  return list;
}

/** Whether `address` is in one of `ranges`. */
export function isAmong(address: string, ranges: readonly string[]): boolean {
  const list = lists.get(ranges) ?? listOf(ranges);
  lists.set(ranges, list);
  const plain = unmapped(address);
  return isIP(plain) !== 0 && list.check(plain, family(plain));
}

/** Whether `host`, a name or an address, leads to this machine only. RFC 6761, 6.3. */
export function isLoopback(host: string): boolean {
  const name = host.toLowerCase();
  if (name === 'localhost' || name.endsWith('.localhost')) return true;
  return isAmong(name, LOOPBACK);
}

const LOOPBACK = ['127.0.0.0/8', '::1'];
const ANY = ['0.0.0.0', '::'];

/** The name or address that `url` leads to; IPv6 without the brackets that it has in a URL. */
export const hostOf = (url: string): string => new URL(url).hostname.replace(/^\[|\]$/g, '');

/** How a server that listens on `host` is reached from this machine, as it stands in a URL. */
export function reachableHost(host: string | undefined): string {
  if (host === undefined || ANY.includes(host)) return '127.0.0.1';
  return isIP(host) === 6 ? `[${host}]` : host;
}

const unzoned = (address: string): string => address.split('%', 1)[0] ?? '';

/** Names and addresses under which other machines may reach a server that listens on `host`. */
export function namesOf(host: string): string[] {
  if (!ANY.includes(host)) return [host];
  const addresses = Object.values(networkInterfaces()).flatMap((all) => all ?? []);
  return [
    hostname(),
    ...addresses.filter(({ internal }) => !internal).map(({ address }) => unzoned(address)),
  ];
}

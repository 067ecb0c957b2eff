import { BlockList, isIP } from 'node:net';
import { hostname, networkInterfaces } from 'node:os';

/** Addresses of machines: IP v4 and v6, ranges of them, and the names that lead to this machine. */

const family = (address: string) => (isIP(address) === 6 ? 'ipv6' : 'ipv4');

// An IPv4 address is the same when it comes mapped into IPv6.
const MAPPED = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i;
const unmapped = (address: string) => MAPPED.exec(address)?.[1] ?? address;

/** Address and prefix length of a range, or undefined when `text` is neither an address nor CIDR (RFC 4632). */
function parse(text: string): { address: string; prefix: number } | undefined {
  const [written = '', length, ...more] = text.split('/');
  const address = unmapped(written);
  const bits = { 0: 0, 4: 32, 6: 128 }[isIP(address)] ?? 0;
  const prefix = length === undefined ? bits : /^\d{1,3}$/.test(length) ? Number(length) : -1;
  if (bits === 0 || more.length > 0 || prefix < 0 || prefix > bits) return undefined;
  return { address, prefix };
}

/** Whether `text` is an address or a range. */
export const isRange = (text: string): boolean => parse(text) !== undefined;

const lists = new WeakMap<readonly string[], BlockList>();

function listOf(ranges: readonly string[]): BlockList {
  const list = new BlockList();
  for (const range of ranges) {
    const parsed = parse(range);
    if (parsed !== undefined) list.addSubnet(parsed.address, parsed.prefix, family(parsed.address));
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

import { BlockList, isIP } from 'node:net';

/** IP addresses and ranges of them, v4 and v6. An IPv4 address is the same when it comes mapped into IPv6. */

const family = (address: string) => (isIP(address) === 6 ? 'ipv6' : 'ipv4');

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

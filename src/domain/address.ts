/** IP addresses, and ranges of addresses with a common prefix (CIDR, RFC 4632). */
export interface IpRange {
  readonly address: string;
  readonly prefix: number;
  readonly family: 'ipv4' | 'ipv6';
}

const OCTET = '(?:25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)';
const IPV4 = new RegExp(`^${OCTET}(?:\\.${OCTET}){3}$`);
const GROUP = /^[0-9a-f]{1,4}$/i;

/** RFC 4291, 2.2: eight groups; `::` may stand for some, and the last two may be an IPv4 address. */
function isIpv6(text: string): boolean {
  const [head = '', tail, ...more] = text.split('::');
  const groups = [head, tail ?? ''].flatMap((side) => (side === '' ? [] : side.split(':')));
  const last = groups.at(-1) ?? '';
  const endsInIpv4 = IPV4.test(last) && text.endsWith(last);
  const areGroups = (endsInIpv4 ? groups.slice(0, -1) : groups).every((group) => GROUP.test(group));
  const count = groups.length + (endsInIpv4 ? 1 : 0);
  return areGroups && more.length === 0 && (tail === undefined ? count === 8 : count < 8);
}

// An IPv4 address mapped into IPv6 is the same address.
const MAPPED = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i;

/** `address` as IPv4 where it is an IPv4 address mapped into IPv6. */
export const unmapped = (address: string): string => MAPPED.exec(address)?.[1] ?? address;

/** Parses an address or range; undefined when `text` is neither. */
export function parseRange(text: string): IpRange | undefined {
  const [, written = '', length] = /^([^/]*)(?:\/(\d{1,3}))?$/.exec(text) ?? [];
  const address = unmapped(written);
  const family = IPV4.test(address) ? 'ipv4' : isIpv6(address) ? 'ipv6' : undefined;
  const bits = family === 'ipv4' ? 32 : 128;
  const prefix = length === undefined ? bits : Number(length);
  return family === undefined || prefix > bits ? undefined : { address, prefix, family };
}

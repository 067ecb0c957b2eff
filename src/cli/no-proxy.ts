import { getHostname } from '../server/address.ts';

/** Python and curl know `::1`, Node and axios `[::1]`; a leading dot stands for every name below. */
const LOOPBACK = ['127.0.0.1', 'localhost', '::1', '[::1]', '.localhost'];

/** `list` with `hosts` added. A lone `*` stands for every host only while nothing else is in the list. */
function addHosts(list: string, hosts: readonly string[]): string {
  if (list.trim() === '*') return '*';
  const known = list.split(/[\s,]+/);
  // An empty entry would match every host in some languages.
  return [list.replace(/^[\s,]+|[\s,]+$/g, ''), ...hosts.filter((host) => !known.includes(host))]
    .filter(Boolean)
    .join(',');
}

/**
 * The variables that keep requests to this machine, and to the host of `url`, away from a proxy, with what is in `env` kept.
 * Programs read one or the other variable, so each takes over the list of the other where it has none.
 */
export function excludeFromProxy(
  { NO_PROXY: upper = '', no_proxy: lower = '' }: Readonly<Record<string, string | undefined>>,
  url?: string,
): { readonly NO_PROXY: string; readonly no_proxy: string } {
  const host = url === undefined ? [] : [getHostname(url)].flatMap((name) => [name, new URL(url).hostname]);
  const hosts = [...new Set([...LOOPBACK, ...host])];
  return { NO_PROXY: addHosts(upper || lower, hosts), no_proxy: addHosts(lower || upper, hosts) };
}

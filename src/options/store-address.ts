/** Percent-encoded, because these characters would end it. */
const IN_URL = '(?:[^:@/?#%\\s]|%[0-9A-Fa-f]{2})*';
const LOGIN = `(?:${IN_URL}(?::${IN_URL})?@)?`;
const HOST_NAME = '(?:[A-Za-z0-9._-]+|\\[[0-9A-Fa-f:.]+\\])';
const PORT = '(?:[1-9]\\d{0,3}|[1-5]\\d{4}|6[0-4]\\d{3}|65[0-4]\\d{2}|655[0-2]\\d|6553[0-5])';
const HOST = `${HOST_NAME}(?::${PORT})?`;
const DATABASE = '(?:/\\d{0,4})?';
const SERVER = `${LOGIN}${HOST}${DATABASE}`;
const MASTER_NAME = '[A-Za-z0-9._-]+';
const HOSTS = `${LOGIN}${HOST}(?:,${HOST})*`;
const SENTINELS = `${HOSTS}/${MASTER_NAME}${DATABASE}`;
const CLUSTER = `${HOSTS}(?:/0?)?`;
const TLS_FILE = '(?:ca|cert|key)=[^&#\\s]+';
const SENTINEL_LOGIN = `sentinel=${IN_URL}:${IN_URL}`;
const queryOf = (part: string) => `(?:\\?${part}(?:&${part})*)?`;

/** Pattern of a store address. */
export const STORE = `^(?:memory|redis://${SERVER}|rediss://${SERVER}${queryOf(TLS_FILE)}|redis\\+sentinel://${SENTINELS}${queryOf(SENTINEL_LOGIN)}|rediss\\+sentinel://${SENTINELS}${queryOf(`(?:${TLS_FILE}|${SENTINEL_LOGIN})`)}|redis\\+cluster://${CLUSTER}|rediss\\+cluster://${CLUSTER}${queryOf(TLS_FILE)}|unix://${LOGIN}/[^?#\\s]+(?:\\?db=\\d{1,4})?)$`;

/** Whether a text is a valid store address. */
export const isStore = (given: string): boolean => new RegExp(STORE, 'u').test(given);

export const STORE_FORMS =
  'memory, redis://USER:PASSWORD@HOST:PORT/DB, redis+sentinel://USER:PASSWORD@HOST:PORT,HOST:PORT/NAME/DB, ' +
  'redis+cluster://USER:PASSWORD@HOST:PORT,HOST:PORT, rediss://, rediss+sentinel:// or rediss+cluster:// for TLS, or unix://PATH?db=N';

const matches = (pattern: string, text: string) => new RegExp(`^${pattern}$`, 'u').test(text);

interface HostsAddress {
  readonly login?: string;
  readonly hosts: string;
  /** What follows the hosts. */
  readonly path: string;
  readonly query?: string;
}

const parseHostsAddress = (rest: string): HostsAddress =>
  /^(?:(?<login>.*)@)?(?<hosts>[^/?]*)(?<path>[^?]*)(?<query>\?.*)?$/su.exec(rest)
    ?.groups as unknown as HostsAddress;

/** What is wrong with the login or the hosts of an address that names several. */
function explainHosts({ login, hosts }: HostsAddress, owners: string, example: string): string | undefined {
  const wrong = hosts.split(',').filter((host) => !matches(HOST, host));
  if (login !== undefined && !matches(LOGIN, `${login}@`))
    return 'percent-encode : @ / ? # and % in user and password';
  if (hosts === '') return `name the hosts of the ${owners}, as in ${example}`;
  if (wrong.includes('')) return `remove the comma without a host in the list of ${owners}`;
  if (wrong.some((host) => matches(`${HOST_NAME}:\\d+`, host))) return 'a port is a number from 1 to 65535';
  if (wrong.length > 0) return `separate the hosts of the ${owners} by commas, each as HOST:PORT`;
  return undefined;
}

const SENTINEL_EXAMPLE = 'redis+sentinel://HOST:PORT,HOST:PORT/NAME';

/** Which part of an address of Sentinels is wrong. */
function explainSentinels(address: HostsAddress): string | undefined {
  const [, name = '', database = ''] = /^\/([^/]*)(.*)$/s.exec(address.path) ?? [];
  const wrong = explainHosts(address, 'Sentinels', SENTINEL_EXAMPLE);
  if (wrong !== undefined) return wrong;
  if (name === '') return `add the name of the master, as in ${SENTINEL_EXAMPLE}`;
  if (!matches(MASTER_NAME, name)) return 'the name of the master has letters, digits and . _ - only';
  if (!matches(DATABASE, database))
    return 'the number of a database is all that may follow the name of the master';
  return (
    address.query &&
    'give ?sentinel=USER:PASSWORD for a login at the Sentinels, and files (ca, cert, key) with rediss+sentinel:// only'
  );
}

/** Which part of an address of a cluster is wrong. */
function explainCluster(address: HostsAddress): string | undefined {
  const { path, query } = address;
  const wrong = explainHosts(address, 'nodes', 'redis+cluster://HOST:PORT,HOST:PORT');
  if (wrong !== undefined) return wrong;
  if (/^\/\d+$/.test(path) && !matches('/0', path)) return 'a cluster has database 0 only';
  if (!matches('(?:/0?)?', path))
    return `nothing follows the nodes of a cluster; the address of Sentinels is ${SENTINEL_EXAMPLE}`;
  return query && 'give files (ca, cert, key) with rediss+cluster:// only, and nothing else after a ?';
}

/** How to fix an invalid store address, if its kind is clear. Repeats nothing of it, because a part may be a password. */
export function explainStore(given: unknown): string | undefined {
  if (typeof given !== 'string') return undefined;
  const [, kind, rest = ''] = /^rediss?\+(sentinel|cluster):\/\/(.*)$/s.exec(given) ?? [];
  if (kind === 'sentinel') return explainSentinels(parseHostsAddress(rest));
  if (kind === 'cluster') return explainCluster(parseHostsAddress(rest));
  if (/^[a-z+_-]*sentinels?:/i.test(given))
    return 'begin the address of Sentinels with redis+sentinel://, or rediss+sentinel:// for TLS';
  if (/^[a-z+_-]*clusters?:/i.test(given))
    return 'begin the address of a cluster with redis+cluster://, or rediss+cluster:// for TLS';
  if (/^rediss?:\/\/(?:[^@/]*@)?[^/?@]*,/.test(given))
    return 'begin the addresses of several Sentinels with redis+sentinel://, and end them with /NAME of the master; begin those of the nodes of a cluster with redis+cluster://';
  return undefined;
}

/** How to connect. */
export interface RedisLocation {
  /**
   * `redis://`, `rediss://` or `unix://`, with the password if one is required, `redis+sentinel://` and `rediss+sentinel://`
   * with the addresses of Sentinels, or `redis+cluster://` and `rediss+cluster://` with those of nodes of a cluster. The query
   * of `rediss` may name files in PEM: `ca` to trust, and `cert` with `key` to identify with.
   */
  readonly url: string;
  /** Prefix of every key and channel. */
  readonly prefix: string;
}

const SENTINEL_ADDRESS =
  /^(?<scheme>rediss?)\+sentinel:\/\/(?<login>[^@/]*@)?(?<hosts>[^@/]+)\/(?<name>[^/?]+)(?<database>\/\d*)?/;
const CLUSTER_ADDRESS = /^(?<scheme>rediss?)\+cluster:\/\/(?<login>[^@/]*@)?(?<hosts>[^@/?]+)/;
const SENTINEL_LOGIN = /[?&]sentinel=([^&]*)/;
const SENTINEL_PORT = 26_379;
const SERVER_PORT = 6_379;

const splitHosts = (hosts: string, port: number): string[] =>
  hosts.split(',').map((host) => (/:\d+$/.test(host) ? host : `${host}:${port}`));

/** A host and its port, as they stand in a URL. */
export const joinHost = (host: string, port: string | number) =>
  host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;

/** The parts of an address that names Sentinels. */
export interface SentinelLocation {
  /** `HOST:PORT` of each. */
  readonly hosts: readonly string[];
  /** The name under which they know the master. */
  readonly name: string;
  /** The URL of a Sentinel. */
  toSentinelUrl(host: string): string;
  /** The URL of a server that they watch. */
  toServerUrl(host: string): string;
}

/** Undefined for other addresses. */
export function parseSentinels(url: string): SentinelLocation | undefined {
  const found = SENTINEL_ADDRESS.exec(url)?.groups;
  if (found === undefined) return undefined;
  const { scheme, login = '', hosts = '', name = '', database = '' } = found;
  const own = SENTINEL_LOGIN.exec(url)?.[1];
  return {
    hosts: splitHosts(hosts, SENTINEL_PORT),
    name,
    toSentinelUrl: (host) => `${scheme}://${own === undefined ? '' : `${own}@`}${host}`,
    toServerUrl: (host) => `${scheme}://${login}${host}${database}`,
  };
}

/** The parts of an address that names nodes of a cluster. */
export interface ClusterLocation {
  /** `HOST:PORT` of each. */
  readonly hosts: readonly string[];
  /** The URL of a node. */
  toNodeUrl(host: string): string;
}

/** Undefined for other addresses. */
export function parseCluster(url: string): ClusterLocation | undefined {
  const found = CLUSTER_ADDRESS.exec(url)?.groups;
  if (found === undefined) return undefined;
  const { scheme, login = '', hosts = '' } = found;
  return {
    hosts: splitHosts(hosts, SERVER_PORT),
    toNodeUrl: (host) => `${scheme}://${login}${host}`,
  };
}

/** The PEM files that an address names, by option. */
export const listTlsFiles = (url: string): [name: string, file: string][] =>
  url.startsWith('rediss')
    ? [...new URLSearchParams(url.split('?')[1])].filter(([name]) => name !== 'sentinel')
    : [];

/** The address of a store, without credentials. */
export function formatLocation({ url }: RedisLocation): string {
  const open = url.replace(/^([a-z+]+:\/\/)[^@/]*@/, '$1');
  return open.startsWith('unix:') ? open : (open.split('?')[0] ?? '');
}

/** Every form in which a password may appear in a message. */
function findPasswords({ url }: RedisLocation): string[] {
  const encoded = [
    /^[a-z+]+:\/\/[^:@/]*:([^@/]*)@/.exec(url)?.[1],
    SENTINEL_LOGIN.exec(url)?.[1]?.split(':')[1],
  ];
  return encoded.flatMap((text = '') => [text, decodeURIComponent(text)]).filter(Boolean);
}

const UNTRUSTED =
  'its certificate is not trusted: add ?ca=FILE to the address, with the certificate of its CA';
const NO_CERTIFICATE = 'it asks for a client certificate: add ?cert=FILE&key=FILE to the address';
const ERROR_REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused',
  ENOENT: 'the socket does not exist',
  ENOTFOUND: 'the host cannot be found',
  EAI_AGAIN: 'the name of the host cannot be resolved now',
  EACCES: 'this user may not use it',
  'Socket closed unexpectedly': 'the connection was closed',
  ECONNRESET: 'the connection was closed; a server that expects TLS needs a rediss:// address',
  'Connection timeout': 'no answer; a server without TLS needs a redis:// address',
  ERR_SSL_WRONG_VERSION_NUMBER: 'the server does not use TLS; it needs a redis:// address',
  SELF_SIGNED_CERT_IN_CHAIN: UNTRUSTED,
  DEPTH_ZERO_SELF_SIGNED_CERT: UNTRUSTED,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: UNTRUSTED,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: UNTRUSTED,
  ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED: NO_CERTIFICATE,
};

/** The reason by an error's code or message, without the advice to use the form that the address has already. */
function findReason(code: string, { url }: RedisLocation): string | undefined {
  const known = ERROR_REASONS[code];
  const [, topology = ''] = /^rediss?(\+\w+):/.exec(url) ?? [];
  const reason = known?.replace('://', `${topology}://`);
  if (!reason?.includes(` ${url.split('//')[0]}//`)) return reason;
  const [fact] = reason.split(';');
  // Some servers only close the connection.
  const hasNoCertificate = url.startsWith('rediss') && !listTlsFiles(url).some(([name]) => name === 'cert');
  return code === 'ECONNRESET' && hasNoCertificate ? `${fact}; maybe ${NO_CERTIFICATE}` : fact;
}

/** The message of an error, without the password. */
export function describeFailure(error: unknown, place: RedisLocation): string {
  // A host name with IPv4 and IPv6 addresses fails with one error for each.
  const one = ((error as AggregateError).errors?.[0] ?? error) as NodeJS.ErrnoException;
  // Redis adds to an error in a script where in the script it was.
  const words = (findReason(one.code ?? one.message, place) ?? one.message)
    .replace(/^ERR (?=[A-Z]{3,} )/, '')
    .replace(/ script: [0-9a-f]{40}, on @\w+:\d+\.?$/, '');
  return findPasswords(place).reduce((text, secret) => text.replaceAll(secret, '***'), words);
}

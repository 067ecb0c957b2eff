/** Percent-encoded, because these characters would end it. */
const IN_URL = '(?:[^:@/?#%\\s]|%[0-9A-Fa-f]{2})*';
const LOGIN = `(?:${IN_URL}(?::${IN_URL})?@)?`;
const HOST_NAME = '(?:[A-Za-z0-9._-]+|\\[[0-9A-Fa-f:.]+\\])';
const PORT = '(?:[1-9]\\d{0,3}|[1-5]\\d{4}|6[0-4]\\d{3}|65[0-4]\\d{2}|655[0-2]\\d|6553[0-5])';
const HOST = `${HOST_NAME}(?::${PORT})?`;
const DATABASE = '(?:/\\d{0,4})?';
const SERVER = `${LOGIN}${HOST}${DATABASE}`;
const MASTER_NAME = '[A-Za-z0-9._-]+';
const SENTINELS = `${LOGIN}${HOST}(?:,${HOST})*/${MASTER_NAME}${DATABASE}`;
const TLS_FILE = '(?:ca|cert|key)=[^&#\\s]+';
const SENTINEL_LOGIN = `sentinel=${IN_URL}:${IN_URL}`;
const queryOf = (part: string) => `(?:\\?${part}(?:&${part})*)?`;

/** Pattern of a store address. */
export const STORE = `^(?:memory|redis://${SERVER}|rediss://${SERVER}${queryOf(TLS_FILE)}|redis\\+sentinel://${SENTINELS}${queryOf(SENTINEL_LOGIN)}|rediss\\+sentinel://${SENTINELS}${queryOf(`(?:${TLS_FILE}|${SENTINEL_LOGIN})`)}|unix://${LOGIN}/[^?#\\s]+(?:\\?db=\\d{1,4})?)$`;

/** Whether a text is a valid store address. */
export const isStore = (given: string): boolean => new RegExp(STORE, 'u').test(given);

export const STORE_FORMS =
  'memory, redis://USER:PASSWORD@HOST:PORT/DB, redis+sentinel://USER:PASSWORD@HOST:PORT,HOST:PORT/NAME/DB, ' +
  'rediss:// or rediss+sentinel:// for TLS, or unix://PATH?db=N';

const matches = (pattern: string, text: string) => new RegExp(`^${pattern}$`, 'u').test(text);

/** Which part of an address of Sentinels is wrong. */
function explainSentinels(rest: string): string | undefined {
  const found =
    /^(?:(?<login>.*)@)?(?<hosts>[^/?]*)(?:\/(?<name>[^/?]*))?(?<database>\/[^?]*)?(?<query>\?.*)?$/su;
  const { login, hosts = '', name = '', database = '', query } = found.exec(rest)?.groups ?? {};
  const wrong = hosts.split(',').filter((host) => !matches(HOST, host));
  if (login !== undefined && !matches(LOGIN, `${login}@`))
    return 'percent-encode : @ / ? # and % in user and password';
  if (hosts === '') return 'name the hosts of the Sentinels, as in redis+sentinel://HOST:PORT,HOST:PORT/NAME';
  if (wrong.includes('')) return 'remove the comma without a host in the list of Sentinels';
  if (wrong.some((host) => matches(`${HOST_NAME}:\\d+`, host))) return 'a port is a number from 1 to 65535';
  if (wrong.length > 0) return 'separate the hosts of the Sentinels by commas, each as HOST:PORT';
  if (name === '') return 'add the name of the master, as in redis+sentinel://HOST:PORT,HOST:PORT/NAME';
  if (!matches(MASTER_NAME, name)) return 'the name of the master has letters, digits and . _ - only';
  if (!matches(DATABASE, database))
    return 'the number of a database is all that may follow the name of the master';
  return (
    query &&
    'give ?sentinel=USER:PASSWORD for a login at the Sentinels, and files (ca, cert, key) with rediss+sentinel:// only'
  );
}

/** How to fix an invalid store address, if its kind is clear. Repeats nothing of it, because a part may be a password. */
export function explainStore(given: unknown): string | undefined {
  if (typeof given !== 'string') return undefined;
  const [, sentinels] = /^rediss?\+sentinel:\/\/(.*)$/s.exec(given) ?? [];
  if (sentinels !== undefined) return explainSentinels(sentinels);
  if (/^[a-z+_-]*sentinels?:/i.test(given))
    return 'begin the address of Sentinels with redis+sentinel://, or rediss+sentinel:// for TLS';
  if (/^[a-z+_-]*cluster:/i.test(given)) return 'use a Redis that is no cluster';
  if (/^rediss?:\/\/(?:[^@/]*@)?[^/?@]*,/.test(given))
    return 'begin the addresses of several Sentinels with redis+sentinel://, and end them with /NAME of the master';
  return undefined;
}

import { type Static, type TSchema, Type } from 'typebox';
import { AddressOrRange } from '../control/schema/client-format.ts';
import { ScenarioName } from '../control/schema/scenario-format.ts';
import { BLOCKING, LOG_FORMATS, LOG_LEVELS, REFUSED_CALL, TOKEN_FORMATS } from './choices.ts';

/** One thing that can be set. Flag, environment variable, key of the config file and help follow from it. */
interface Setting {
  /** What a value must be; a list makes the flag repeatable, a boolean needs no value. */
  readonly schema: TSchema;
  readonly placeholder?: string;
  readonly help: string;
  readonly default?: unknown;
  /** Names in the environment besides the usual one, which goes before them. */
  readonly environment?: readonly string[];
  readonly short?: string;
  /** Where it cannot be set. */
  readonly notIn?: readonly ('file' | 'environment')[];
  /** A relative path is understood from the working directory, or the folder of the config file. */
  readonly isPath?: true;
}

const text = (title: string, description: string, pattern: string, more = {}) =>
  Type.String({ pattern, title, description, ...more });

const path = (title: string) => text(title, 'a path', '^[^\\0]+$');

const WEB_HOST = '(?:[A-Za-z0-9._-]+|\\[[0-9A-Fa-f:.]+\\])(?::\\d{1,5})?';

/** Percent-encoded, as whatever would end it must be. */
const IN_URL = '(?:[^:@/?#%\\s]|%[0-9A-Fa-f]{2})*';
const LOGIN = `(?:${IN_URL}(?::${IN_URL})?@)?`;
const STORE = `^(?:memory|rediss?://${LOGIN}${WEB_HOST}(?:/\\d{0,4})?|unix://${LOGIN}/[^?#\\s]+(?:\\?db=\\d{1,4})?)$`;

export const SETTINGS = {
  port: {
    schema: Type.Integer({
      minimum: 0,
      maximum: 65_535,
      title: 'port',
      description: 'a number from 0 to 65535 (0 picks a free one)',
    }),
    placeholder: 'N',
    help: 'port to listen on; 0 picks a free one',
    default: 4010,
    environment: ['PORT'],
  },
  host: {
    schema: text(
      'host',
      'a name or an IP address, without scheme, port and brackets',
      '^(?:[0-9A-Za-z._-]{1,253}|(?=(?:[^:]*:){2})[0-9A-Fa-f:.]{2,45}(?:%[0-9A-Za-z._-]+)?)$',
    ),
    placeholder: 'H',
    help: 'address to listen on; by default this machine only (127.0.0.1 and ::1)',
  },
  client: {
    schema: Type.Array(Type.String({ title: 'client', description: 'ID:SECRET', writeOnly: true })),
    placeholder: 'ID:SECRET',
    help:
      'a client, split at the first colon; replaces the built-in sandbox-client:sandbox-secret ' +
      'and those of the config file',
    notIn: ['file'],
  },
  scenario: {
    schema: ScenarioName,
    placeholder: 'NAME',
    help: 'what happens in a call for which nothing nearer says so',
    default: 'happy',
  },
  fixtures: {
    schema: path('folder'),
    placeholder: 'DIR',
    help:
      'folder with scenario files of your own, in itself or in its folder scenarios; they go before ' +
      'shipped ones of their name',
    isPath: true,
  },
  watch: {
    schema: Type.Boolean(),
    help: 'read the scenario files in the folder of --fixtures anew when they change, for calls that open later',
    default: false,
  },
  config: {
    schema: path('file'),
    placeholder: 'FILE',
    help: 'config file, instead of mock-veridas.config.yaml, .yml or .json in the working directory',
    isPath: true,
    notIn: ['file'],
  },
  'token-format': {
    schema: Type.Enum(TOKEN_FORMATS, { title: 'token format' }),
    placeholder: 'FORMAT',
    help: 'what access tokens look like: opaque, as the service issues them, or jwt, with their keys at /o/.well-known/jwks.json',
    default: 'opaque',
  },
  'random-seed': {
    schema: text('seed', 'any text', '^[^]{1,255}$'),
    placeholder: 'TEXT',
    help: 'makes the opaque tokens of each client the same in every run',
  },
  'strict-tokens': {
    schema: Type.Boolean(),
    help: 'refuse a token for a second validation, and on a second page at the same time',
    default: false,
  },
  'refused-call': {
    schema: Type.Enum(REFUSED_CALL, { title: 'kind of refusal' }),
    placeholder: 'HOW',
    help: 'how /call answers a token that opens nothing: forbidden (403), or event (a page that posts VideocallNotFound)',
    default: 'forbidden',
  },
  'known-validations-only': {
    schema: Type.Boolean(),
    help: 'let only those validation ids exist that were made known through the control API',
    default: false,
  },
  blocked: {
    schema: Type.Enum(BLOCKING, { title: 'kind of blocking' }),
    placeholder: 'HOW',
    help: 'how production clients are kept out that do not come from their allowed_ips: forbidden (403), reset or hang',
    default: 'forbidden',
  },
  'trust-proxy': {
    schema: Type.Array(AddressOrRange, { title: 'list', description: 'a list of addresses and ranges' }),
    placeholder: 'RANGE',
    help: 'a proxy whose X-Forwarded-For is believed; of the addresses in it the right-most that is no such proxy counts',
    default: [],
  },
  'log-level': {
    schema: Type.Enum(LOG_LEVELS, { title: 'log level' }),
    placeholder: 'LEVEL',
    help: 'what is logged to standard error: silent, error, warn or info, each with those before it',
    default: 'warn',
  },
  'log-format': {
    schema: Type.Enum(LOG_FORMATS, { title: 'log format' }),
    placeholder: 'FORMAT',
    help: 'how it is written, and what start says when it is ready: text, or json with one object a line',
    default: 'text',
  },
  store: {
    schema: text(
      'place to keep things',
      'memory, redis://USER:PASSWORD@HOST:PORT/DB, rediss:// for TLS, or unix://PATH?db=N',
      STORE,
      { writeOnly: true },
    ),
    placeholder: 'URL',
    help:
      'where everything is kept: memory, or a Redis or Valkey that several instances share, as ' +
      'redis://HOST:6379, rediss:// for TLS, or unix:///path/to/socket; needs the package redis',
    default: 'memory',
  },
  'store-prefix': {
    schema: text('prefix', '1 to 255 characters without control characters', '^\\P{Cc}{1,255}$'),
    placeholder: 'TEXT',
    help: 'stands before every key in the store, so that simulators that should not meet can share one',
    default: 'mock-veridas:',
  },
  'ready-file': {
    schema: path('file'),
    placeholder: 'FILE',
    help: 'a file that says where the simulator is, as JSON, from when it is ready until it stops',
    isPath: true,
  },
  strict: {
    schema: Type.Boolean(),
    help: 'exec: exit with 1 when the command has ended well but mistakes of the integration were found',
    default: false,
  },
  report: {
    schema: path('folder'),
    placeholder: 'DIR',
    help: 'exec: write a report into this folder when the command has ended: HTML and JUnit',
    isPath: true,
  },
  'journal-size': {
    schema: Type.Integer({
      minimum: 0,
      maximum: 1_000_000,
      title: 'number of requests',
      description: 'a number from 0 to 1000000',
    }),
    placeholder: 'N',
    help: 'so many requests of each client are remembered',
    default: 10_000,
  },
  'admin-user': {
    schema: text('login name', 'characters other than control characters and colon', '^[^\\p{Cc}:]{1,255}$'),
    placeholder: 'U',
    help: 'who may use the control API when it can be reached from other machines',
    default: 'admin',
  },
  'admin-password': {
    schema: text('password', '1 to 255 characters without control characters', '^\\P{Cc}{1,255}$', {
      writeOnly: true,
    }),
    placeholder: 'P',
    help: 'the password that belongs to it; by default one is generated and printed when it is needed',
  },
  'admin-origin': {
    schema: Type.Array(
      text('web origin', 'scheme, host and port only, as in http://localhost:3000', `^https?://${WEB_HOST}$`),
      { title: 'list', description: 'a list of web origins' },
    ),
    placeholder: 'ORIGIN',
    help: 'a further web origin whose pages may use the control API',
    default: [],
  },
  'browser-url': {
    schema: text(
      'base URL',
      'one that begins with http:// or https:// and has neither query nor fragment',
      `^https?://${WEB_HOST}(?:/[^\\s?#]*)?$`,
    ),
    placeholder: 'URL',
    help: 'where browsers reach this server, if not at http://videocall.localhost:PORT',
  },
  https: {
    schema: Type.Boolean(),
    help:
      'speak TLS too, on the same port, with a certificate that is made here once and kept in ~/.mock-veridas; ' +
      'its authority, which is printed, must be trusted',
    default: false,
  },
  cert: {
    schema: path('file'),
    placeholder: 'FILE',
    help: 'speak TLS too, with this certificate (PEM, with those that lead to its authority)',
    isPath: true,
  },
  key: {
    schema: path('file'),
    placeholder: 'FILE',
    help: 'the key that belongs to --cert (PEM)',
    isPath: true,
  },
  'media-ports': {
    schema: Type.Boolean(),
    help: 'answer on TCP/4443 and, by STUN, on UDP/10000 too, which video needs (guide 6.2), so that pages can test them',
    default: false,
  },
  help: { schema: Type.Boolean(), help: 'print this', short: 'h', notIn: ['file', 'environment'] },
  version: { schema: Type.Boolean(), help: 'print the version', short: 'v', notIn: ['file', 'environment'] },
} as const satisfies Record<string, Setting>;

export type Name = keyof typeof SETTINGS;
export const NAMES = Object.keys(SETTINGS) as Name[];

/** Whether a text says where things can be kept. */
export const isStore = (given: string): boolean => new RegExp(STORE, 'u').test(given);

/** The row of `name` with everything that a row may have. */
export const settingOf = (name: Name): Setting => SETTINGS[name];

/** Whether `name` may be given several times. */
export const isList = (name: Name): boolean => Type.IsArray(settingOf(name).schema);

/** What one value for `name` must be. */
export function itemOf(name: Name): TSchema {
  const { schema } = settingOf(name);
  return Type.IsArray(schema) ? schema.items : schema;
}

/** As what a value for `name` is to be read from a text. */
export function kindOf(name: Name): 'number' | 'switch' | 'text' {
  const item = itemOf(name);
  return Type.IsInteger(item) ? 'number' : Type.IsBoolean(item) ? 'switch' : 'text';
}

/** What `name` is set to. */
export type Value<N extends Name> = Static<(typeof SETTINGS)[N]['schema']>;

import * as Type from 'typebox';
import { AddressOrRange } from '../control/schema/client-format.ts';
import { ScenarioName } from '../control/schema/scenario-format.ts';
import { BLOCKING, LOG_FORMATS, LOG_LEVELS, REFUSED_CALL, TOKEN_FORMATS } from './choices.ts';
import { onOff, path, type Row, text, WEB_HOST } from './row.ts';
import { explainStore, STORE, STORE_FORMS } from './store-address.ts';

/** Commands that start a simulator. */
const BY_FLAG = ['start', 'exec'] as const;
/** Options that the library takes too. */
const SERVING = [...BY_FLAG, 'library'] as const;

/** The options of a simulator. */
export const SIMULATOR_ROWS = {
  port: {
    for: [...SERVING, 'report', 'healthcheck'],
    group: 'Server',
    schema: Type.Integer({
      minimum: 0,
      maximum: 65_535,
      title: 'port',
      description: 'a number from 0 to 65535 (0 picks a free one)',
    }),
    placeholder: 'N',
    help: 'port to listen on; 0 picks a free one',
    default: 4010,
    // Simulators that run side by side each need their own port.
    defaultFor: { exec: 0, library: 0 },
    short: 'p',
    variables: ['MOCK_VERIDAS_PORT', 'PORT'],
  },
  host: {
    for: [...SERVING, 'report', 'healthcheck'],
    group: 'Server',
    schema: text(
      'host',
      'a name or an IP address, without scheme, port, brackets and zone',
      '^(?:[0-9A-Za-z._-]{1,253}|(?=(?:[^:]*:){2})[0-9A-Fa-f:.]{2,45})$',
    ),
    placeholder: 'H',
    help: 'address to listen on; by default this machine only (127.0.0.1 and ::1)',
  },
  'browser-url': {
    for: SERVING,
    group: 'Server',
    schema: text(
      'base URL',
      'one that begins with http:// or https://, without query and fragment',
      `^https?://${WEB_HOST}(?:/[^\\s?#]*)?$`,
    ),
    placeholder: 'URL',
    help: 'URL at which browsers reach this server, if not http://videocall.localhost:PORT',
  },
  https: {
    for: SERVING,
    group: 'Server',
    ...onOff(
      'also accept TLS on the same port, with a certificate that is generated once and kept in ~/.mock-veridas; ' +
        'clients must trust its CA, whose file is printed',
    ),
  },
  cert: {
    for: BY_FLAG,
    group: 'Server',
    schema: path('file'),
    placeholder: 'FILE',
    help: 'also accept TLS, with this certificate (PEM, with its chain)',
    isPath: true,
  },
  key: {
    for: BY_FLAG,
    group: 'Server',
    schema: path('file'),
    placeholder: 'FILE',
    help: 'private key of --cert (PEM)',
    isPath: true,
  },
  'trust-proxy': {
    for: SERVING,
    group: 'Server',
    schema: Type.Array(AddressOrRange, { title: 'list', description: 'a list of addresses and ranges' }),
    placeholder: 'RANGE',
    help: 'trust X-Forwarded-For from this address or range; the right-most untrusted address is the client',
    default: [],
  },
  'media-ports': {
    for: [...SERVING, 'healthcheck'],
    group: 'Server',
    ...onOff('also answer on the ports that video needs: TCP/4443, and UDP/10000 by STUN (guide 6.2)'),
  },
  'ready-file': {
    for: BY_FLAG,
    group: 'Server',
    schema: path('file'),
    placeholder: 'FILE',
    help: 'file to keep the addresses of the simulator in while it runs, as JSON',
    isPath: true,
  },
  client: {
    for: BY_FLAG,
    group: 'Clients and tokens',
    schema: Type.Array(Type.String({ title: 'client', description: 'ID:SECRET', writeOnly: true })),
    placeholder: 'ID:SECRET',
    help:
      'client, split at the first colon; replaces the built-in sandbox-client:sandbox-secret ' +
      'and the clients of the config file',
    inFile: false,
  },
  blocked: {
    for: SERVING,
    group: 'Clients and tokens',
    schema: Type.Enum(BLOCKING, { title: 'kind of blocking' }),
    placeholder: 'HOW',
    help: 'how to block production clients whose address is not in their allowed_ips: forbidden (403), reset or hang',
    default: 'forbidden',
  },
  profile: {
    for: [...SERVING, 'compare'],
    group: 'Clients and tokens',
    schema: path('file'),
    placeholder: 'FILE',
    help: 'answer profile: how the service answers what the guide leaves open, as compare --write keeps it (default early-2021)',
    isPath: true,
  },
  'token-format': {
    for: SERVING,
    group: 'Clients and tokens',
    schema: Type.Enum(TOKEN_FORMATS, { title: 'token format' }),
    placeholder: 'FORMAT',
    help: 'format of access tokens: opaque, like those of the service, or jwt, with public keys at /o/.well-known/jwks.json',
    default: 'opaque',
  },
  'random-seed': {
    for: SERVING,
    group: 'Clients and tokens',
    schema: text('seed', 'any text', '^[^]{1,255}$'),
    placeholder: 'TEXT',
    help: 'issue the same opaque tokens to each client in every run',
  },
  'strict-tokens': {
    for: SERVING,
    group: 'Clients and tokens',
    ...onOff('refuse a token for a second validation, and in a second page at the same time'),
  },
  scenario: {
    for: SERVING,
    group: 'Calls',
    schema: ScenarioName,
    placeholder: 'NAME',
    help: 'scenario for calls that do not select one',
    default: 'happy',
  },
  fixtures: {
    for: BY_FLAG,
    group: 'Calls',
    schema: path('folder'),
    placeholder: 'DIR',
    help:
      'folder with your own scenario files, directly or in its subfolder scenarios; they replace shipped ' +
      'scenarios of the same name',
    isPath: true,
  },
  watch: {
    for: BY_FLAG,
    group: 'Calls',
    ...onOff('reload the scenario files of --fixtures when they change, for calls that open later'),
  },
  'refused-call': {
    for: SERVING,
    group: 'Calls',
    schema: Type.Enum(REFUSED_CALL, { title: 'kind of refusal' }),
    placeholder: 'HOW',
    help:
      'how /call answers an invalid token: forbidden (403), or event (a page that posts VideocallNotFound); ' +
      'by default as the answer profile, which is forbidden unless --profile changes it',
  },
  'known-validations-only': {
    for: SERVING,
    group: 'Calls',
    ...onOff('accept only validation ids that were created through the control API or vali-Das'),
  },
  'admin-user': {
    for: [...BY_FLAG, 'report'],
    group: 'Control API',
    schema: text('login name', 'any characters but colons and control characters', '^[^\\p{Cc}:]{1,255}$'),
    placeholder: 'U',
    help: 'user of the control API, which requires one when other machines or a proxy can reach it',
    default: 'admin',
  },
  'admin-password': {
    for: [...BY_FLAG, 'report'],
    group: 'Control API',
    schema: text('password', '1 to 255 characters without control characters', '^\\P{Cc}{1,255}$', {
      writeOnly: true,
    }),
    placeholder: 'P',
    help: 'password of that user; by default, one is generated and printed when needed',
  },
  'admin-origin': {
    for: BY_FLAG,
    group: 'Control API',
    schema: Type.Array(
      text('web origin', 'scheme, host and port only, as in http://localhost:3000', `^https?://${WEB_HOST}$`),
      { title: 'list', description: 'a list of web origins' },
    ),
    placeholder: 'ORIGIN',
    help: 'web origin whose pages may also use the control API',
    default: [],
  },
  'journal-size': {
    for: SERVING,
    group: 'Control API',
    schema: Type.Integer({
      minimum: 0,
      maximum: 1_000_000,
      title: 'number of requests',
      description: 'a number from 0 to 1000000',
    }),
    placeholder: 'N',
    help: 'number of requests to keep in the journal of each client',
    default: 10_000,
  },
  store: {
    for: SERVING,
    group: 'Storage',
    schema: text('store', STORE_FORMS, STORE, { writeOnly: true, explain: explainStore }),
    placeholder: 'URL',
    help:
      'where to keep all data: memory, or a Redis or Valkey that several instances share, such as ' +
      'redis://HOST:6379, redis+sentinel://HOST:26379,HOST:26379/NAME, redis+cluster://HOST:6379,HOST:6379, ' +
      'rediss:// for TLS, or unix:///path/to/socket; ' +
      'needs the package redis',
    default: 'memory',
  },
  'store-prefix': {
    for: SERVING,
    group: 'Storage',
    schema: text('prefix', '1 to 255 characters without control characters', '^\\P{Cc}{1,255}$'),
    placeholder: 'TEXT',
    help: 'prefix of every key in the store; simulators that share a server but no data need different ones',
    default: 'mock-veridas:',
  },
  'log-level': {
    for: SERVING,
    group: 'Logging',
    schema: Type.Enum(LOG_LEVELS, { title: 'log level' }),
    placeholder: 'LEVEL',
    help:
      'what to log to standard error: silent, error, warn or info; each level includes those before it; warn ' +
      'explains refused requests and findings',
    default: 'warn',
    // A test that makes a mistake on purpose does not want to read of it.
    defaultFor: { library: 'error' },
  },
  'log-format': {
    for: SERVING,
    group: 'Logging',
    schema: Type.Enum(LOG_FORMATS, { title: 'log format' }),
    placeholder: 'FORMAT',
    help: 'format of the log and the ready message: text, or json with one object per line',
    default: 'text',
  },
  config: {
    for: [...BY_FLAG, 'report', 'healthcheck'],
    group: 'General',
    schema: path('file'),
    placeholder: 'FILE',
    help: 'config file to use instead of mock-veridas.config.yaml, .yml or .json in the working directory',
    isPath: true,
    inFile: false,
  },
} as const satisfies Record<string, Row>;

import type { TSchema } from 'typebox';
import * as Type from 'typebox';
import { CLIENT_KEYS, clientProperties, WrittenClient } from '../control/schema/client-format.ts';
import { findMismatches } from '../control/schema/mismatch.ts';
import { SIMULATOR_ROWS } from '../options/simulator-rows.ts';
import type { MockOptions } from '../server/mock-options.ts';
import type { MockError } from './error.ts';

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null;

/** Not by its class: Jest gives tests one of their own. */
const isMap = (value: unknown): boolean => Object.prototype.toString.call(value) === '[object Map]';

/** A value without a schema of its own. */
const custom = (title: string, description: string, isValid: (value: unknown) => boolean): TSchema =>
  Type.Refine(Type.Unknown({ title, description }), isValid);

const ClientProperties = Type.Object(
  Object.fromEntries(
    Object.entries(CLIENT_KEYS).map(([property, key]) => [
      property,
      { ...clientProperties, ...WrittenClient.properties }[key],
    ]),
  ),
  {
    additionalProperties: false,
    title: 'client',
    description: 'an object with clientId and clientSecret',
    writeOnly: true,
  },
);

const { port, host, scenario, blocked } = SIMULATOR_ROWS;

/** What each option may be. The rest of a store or scenario is not checked: the types describe them. */
const OPTIONS: Readonly<Record<keyof MockOptions, TSchema>> = {
  port: port.schema,
  host: host.schema,
  clients: Type.Array(ClientProperties, { title: 'list of clients', description: 'an array of objects' }),
  scenarios: custom(
    'set of scenarios',
    'a Map of them by name, or a function that returns one',
    (value) => isMap(value) || typeof value === 'function',
  ),
  scenario: scenario.schema,
  tokenFormat: SIMULATOR_ROWS['token-format'].schema,
  randomSeed: SIMULATOR_ROWS['random-seed'].schema,
  blocked: blocked.schema,
  trustProxy: SIMULATOR_ROWS['trust-proxy'].schema,
  profile: SIMULATOR_ROWS.profile.schema,
  refusedCall: SIMULATOR_ROWS['refused-call'].schema,
  strictTokens: SIMULATOR_ROWS['strict-tokens'].schema,
  knownValidationsOnly: SIMULATOR_ROWS['known-validations-only'].schema,
  journalSize: SIMULATOR_ROWS['journal-size'].schema,
  logLevel: SIMULATOR_ROWS['log-level'].schema,
  logFormat: SIMULATOR_ROWS['log-format'].schema,
  store: custom(
    'store',
    'memory, the address of a Redis, or a Store',
    (value) => typeof value === 'string' || isObject(value),
  ),
  storePrefix: SIMULATOR_ROWS['store-prefix'].schema,
  admin: Type.Object(
    {
      user: SIMULATOR_ROWS['admin-user'].schema,
      password: Type.Optional(SIMULATOR_ROWS['admin-password'].schema),
      origins: SIMULATOR_ROWS['admin-origin'].schema,
    },
    { title: 'set of credentials', description: 'an object with user, password and origins' },
  ),
  browserUrl: SIMULATOR_ROWS['browser-url'].schema,
  https: custom(
    'setting of TLS',
    'true, false or an object with cert and key as PEM',
    (value) =>
      typeof value === 'boolean' ||
      (isObject(value) && ['cert', 'key'].every((part) => typeof Reflect.get(value, part) === 'string')),
  ),
  mediaPorts: custom(
    'setting of ports',
    'true, false or an object with tcp and udp',
    (value) =>
      typeof value === 'boolean' ||
      (isObject(value) && ['tcp', 'udp'].every((part) => Number.isInteger(Reflect.get(value, part)))),
  ),
};

const Options = Type.Object(
  Object.fromEntries(Object.entries(OPTIONS).map(([name, schema]) => [name, Type.Optional(schema)])),
  {
    additionalProperties: false,
    title: 'set of options',
    description: 'an object such as { port: 4010 }',
  },
);

/** `value` without the properties that are undefined, which counts as left out. */
const withoutUndefined = (value: unknown): unknown =>
  isObject(value) && !Array.isArray(value)
    ? Object.fromEntries(Object.entries(value).filter(([, part]) => part !== undefined))
    : value;

/** Finds every problem in the options of a simulator, for callers without a compiler. */
export const findOptionProblems = (options: unknown): MockError['errors'] =>
  findMismatches(Options, withoutUndefined(options)).map(({ path, message }) => ({
    path: path.map((part) => `/${part}`).join(''),
    message,
  }));

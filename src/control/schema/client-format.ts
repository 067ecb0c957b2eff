import type { Static } from 'typebox';
import * as Type from 'typebox';
import { parseRange } from '../../domain/address.ts';
import { type Client, createClientRecord } from '../../domain/client.ts';
import { ScenarioName } from './scenario-format.ts';

export const CLIENT_ID_RULE =
  '1 to 255 characters without control characters and colons (a colon ends the user id in Basic)';
export const CLIENT_SECRET_RULE = '1 to 255 characters without control characters';

export const ClientId = Type.String({
  pattern: '^[^\\p{Cc}:]{1,255}$',
  title: 'client id',
  description: CLIENT_ID_RULE,
});

export const ClientSecret = Type.String({
  pattern: '^\\P{Cc}{1,255}$',
  title: 'client secret',
  description: CLIENT_SECRET_RULE,
  writeOnly: true,
});

/** An entry of `allowed_ips`, or a trusted proxy. */
export const AddressOrRange = Type.Refine(
  Type.String({
    title: 'address or range',
    description: 'an IPv4 or IPv6 address or range, such as 10.1.2.3 or 2001:db8::/32',
  }),
  (text) => parseRange(text) !== undefined,
);

const AllowedIps = Type.Array(AddressOrRange, {
  title: 'list',
  description: 'a list of addresses and ranges',
});

export const GrantType = Type.Enum(['client-credentials', 'authorization-code'], { title: 'grant type' });

export const Environment = Type.Enum(['sandbox', 'production'], { title: 'environment' });
export const ClientType = Type.Enum(['confidential', 'public'], { title: 'client type' });

const MAX_EXPIRES_IN = 31_536_000;

/** A clock of a client can be moved, that of a token cache in a backend cannot. */
export const ExpiresIn = Type.Integer({
  minimum: 1,
  maximum: MAX_EXPIRES_IN,
  title: 'lifetime of tokens',
  description: `whole seconds from 1 to ${MAX_EXPIRES_IN}, a year`,
});

const optional = {
  environment: Type.Optional(Environment),
  allowed_ips: Type.Optional(AllowedIps),
  type: Type.Optional(ClientType),
  grant_type: Type.Optional(GrantType),
  expires_in: Type.Optional(ExpiresIn),
  scenario: Type.Optional(ScenarioName),
};

/** A client as the control API takes it: what is left out is generated, or stays as it is. */
export const clientProperties = {
  client_id: Type.Optional(ClientId),
  client_secret: Type.Optional(ClientSecret),
  ...optional,
  next_scenario: Type.Optional(ScenarioName),
};
const ClientProperties = Type.Object(clientProperties);

/** A client as the config file writes it. */
export const WrittenClient = Type.Object(
  { client_id: ClientId, client_secret: ClientSecret, ...optional },
  {
    additionalProperties: false,
    title: 'client',
    description: 'a map with client_id and client_secret',
    writeOnly: true,
  },
);

export type WrittenClient = Static<typeof WrittenClient>;

/** The written name of each property of a client. */
export const CLIENT_KEYS = {
  clientId: 'client_id',
  clientSecret: 'client_secret',
  environment: 'environment',
  allowedIps: 'allowed_ips',
  type: 'type',
  grantType: 'grant_type',
  expiresIn: 'expires_in',
  scenario: 'scenario',
  nextScenario: 'next_scenario',
} as const satisfies Record<keyof Client, keyof typeof clientProperties>;

/** The properties of a client in `written`. */
export const toClientFields = (written: Static<typeof ClientProperties>): Partial<Client> =>
  Object.fromEntries(
    Object.entries(CLIENT_KEYS)
      .map(([property, key]) => [property, written[key]])
      .filter(([, value]) => value !== undefined),
  );

/** The client in `written`. */
export const toClient = (written: WrittenClient): Client =>
  createClientRecord(toClientFields(written) as Partial<Client> & Pick<Client, 'clientId' | 'clientSecret'>);

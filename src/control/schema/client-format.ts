import { type Static, Type } from 'typebox';
import { IsIPv4, IsIPv6 } from 'typebox/format';
import { type Client, newClient } from '../../domain/client.ts';
import type { Mismatch, Path } from './mismatch.ts';
import { ScenarioName } from './scenario-format.ts';

export const CLIENT_ID_RULE =
  '1 to 255 characters without control characters and without a colon, which ends a Basic user id';
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

/** An address and perhaps how many of its leading bits count, as in `10.0.0.0/8`. */
function isAddressOrRange(text: string): boolean {
  const [, address = '', bits = '0'] = /^([^/]*)(?:\/(\d{1,3}))?$/.exec(text) ?? [];
  return (IsIPv4(address) && Number(bits) <= 32) || (IsIPv6(address) && Number(bits) <= 128);
}

const AllowedIps = Type.Array(
  Type.Refine(
    Type.String({
      title: 'address',
      description: 'an IPv4 or IPv6 address or a range of them, as in 10.1.2.3 or 2001:db8::/32',
    }),
    isAddressOrRange,
  ),
  { title: 'list', description: 'a list of addresses and ranges' },
);

export const GrantType = Type.Enum(['client-credentials', 'authorization-code'], { title: 'grant type' });

/** Marks a second name of a property, which is understood but not advertised. */
const OTHER_NAME = { deprecated: true };

export const Environment = Type.Enum(['sandbox', 'production'], { title: 'environment' });
export const ClientType = Type.Enum(['confidential', 'public'], { title: 'client type' });

/** What can be written of a client, in any spelling. */
export const clientProperties = {
  client_id: Type.Optional(ClientId),
  client_secret: Type.Optional(ClientSecret),
  environment: Type.Optional(Environment),
  allowed_ips: Type.Optional(AllowedIps),
  type: Type.Optional(ClientType),
  grant_type: Type.Optional(GrantType),
  scenario: Type.Optional(ScenarioName),
  id: Type.Optional(Type.With(ClientId, OTHER_NAME)),
  secret: Type.Optional(Type.With(ClientSecret, OTHER_NAME)),
  allowedIps: Type.Optional(Type.With(AllowedIps, OTHER_NAME)),
  grantType: Type.Optional(Type.With(GrantType, OTHER_NAME)),
};

/** A client as the config file writes it. What is left out or written twice is told by {@link misspelt}. */
export const WrittenClient = Type.Object(clientProperties, {
  additionalProperties: false,
  title: 'client',
  description: 'a map with client_id and client_secret',
  writeOnly: true,
});

export type WrittenClient = Static<typeof WrittenClient>;
type Key = keyof WrittenClient;

/** How each property of a client may be written, the advertised spelling first. */
const SPELLINGS: Record<keyof Client, readonly [Key, ...Key[]]> = {
  clientId: ['client_id', 'id'],
  clientSecret: ['client_secret', 'secret'],
  environment: ['environment'],
  allowedIps: ['allowed_ips', 'allowedIps'],
  type: ['type'],
  grantType: ['grant_type', 'grantType'],
  scenario: ['scenario'],
};
const REQUIRED: readonly (keyof Client)[] = ['clientId', 'clientSecret'];

/** What a client lacks of what is `required`, and what it says in two spellings at once. */
export function misspelt(written: WrittenClient, path: Path, required = REQUIRED): Mismatch[] {
  return Object.entries(SPELLINGS).flatMap(([property, [advertised, ...others]]): Mismatch[] => {
    const [first, second] = [advertised, ...others].filter((key) => written[key] !== undefined);
    if (second !== undefined) {
      const message = `client: ${first} and ${second} mean the same; keep one of them`;
      return [{ path: [...path, second], at: 'key', message }];
    }
    return first === undefined && required.includes(property as keyof Client)
      ? [{ path, at: 'value', message: `client: ${advertised} is missing` }]
      : [];
  });
}

/** The key under which `written` has `property`, or would have it. */
export const spellingOf = (written: WrittenClient, property: keyof Client): Key =>
  SPELLINGS[property].find((key) => written[key] !== undefined) ?? SPELLINGS[property][0];

/** What `written`, in which nothing may be {@link misspelt}, says of a client. */
export function clientFields(written: WrittenClient): Partial<Client> {
  const properties = Object.keys(SPELLINGS) as (keyof Client)[];
  return Object.fromEntries(
    properties
      .map((property) => [property, written[spellingOf(written, property)]])
      .filter(([, value]) => value !== undefined),
  );
}

/** The client that `written`, in which nothing may be {@link misspelt}, describes. */
export const toClient = (written: WrittenClient): Client =>
  newClient(clientFields(written) as Partial<Client> & Pick<Client, 'clientId' | 'clientSecret'>);

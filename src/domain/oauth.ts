import type { OAuthErrorCode } from '../guide/errors.ts';
import { GRANT_TYPE, SCOPES } from '../guide/oauth.ts';
import { type Client, isSecretOf } from './client.ts';

/**
 * The rules of the authentication API: what is checked, and in which order. The guide shows only success; the
 * order and the oddities are those of the recorded protocol stack (django-oauth-toolkit 1.4.1 on oauthlib 3.1.0).
 */

/** Credentials of an `Authorization: Basic` header, or why there are none. `crash`: reading them broke the service. */
export type Basic = 'absent' | 'unreadable' | 'crash' | { readonly id: string; readonly secret: string };

/** What reaches the endpoint of a request. */
export interface OAuthRequest {
  /** Parameters are allowed in the body only; `malformed` holds a percent sign without two hex digits. */
  readonly query: 'none' | 'present' | 'malformed';
  readonly basic: Basic;
  /** The last of each name, as RFC 6749 does not have it but the service does. */
  readonly fields: ReadonlyMap<string, string>;
}

/** A request turned away. `reason` is for the journal and never sent. */
export type Refusal =
  | {
      readonly error: OAuthErrorCode;
      readonly description?: string;
      /** Echoed when the request carried one. */
      readonly state?: string;
      readonly reason: string;
    }
  | { readonly crash: true; readonly reason: string }
  /** Not let through to the service at all. Guide 6.1. */
  | { readonly blocked: true; readonly reason: string };

/** The client ids that a request names, each once, the header's first. */
export function claimedClients({ basic, fields }: OAuthRequest): string[] {
  const inHeader = typeof basic === 'object' ? [basic.id] : [];
  const inBody = fields.get('client_id');
  return inBody === undefined || inBody === inHeader[0] ? inHeader : [...inHeader, inBody];
}

/** One request on its way through the steps. The first client found stays, whichever credentials follow. */
interface Attempt {
  readonly request: OAuthRequest;
  readonly find: (clientId: string) => Client | undefined;
  client?: Client | undefined;
}

type Step = (attempt: Attempt) => Refusal | undefined;

function refuse({ request }: Attempt, error: OAuthErrorCode, reason: string, description?: string): Refusal {
  const state = request.fields.get('state');
  return { error, reason, ...(description && { description }), ...(state && { state }) };
}

const crash = (reason: string): Refusal => ({ crash: true, reason });

function firstRefusal(steps: readonly Step[], attempt: Attempt): Refusal | undefined {
  for (const step of steps) {
    const refusal = step(attempt);
    if (refusal !== undefined) return refusal;
  }
  return undefined;
}

const field = ({ request }: Attempt, name: string) => request.fields.get(name);

function load(attempt: Attempt, clientId: string | undefined): Client | undefined {
  attempt.client ??= clientId === undefined ? undefined : attempt.find(clientId);
  return attempt.client;
}

function authenticatedByHeader(attempt: Attempt): boolean {
  const { basic } = attempt.request;
  if (typeof basic !== 'object') return false;
  const client = load(attempt, basic.id);
  return client?.clientId === basic.id && isSecretOf(client, basic.secret);
}

function authenticatedByBody(attempt: Attempt): boolean {
  const client = load(attempt, field(attempt, 'client_id'));
  return client !== undefined && isSecretOf(client, field(attempt, 'client_secret'));
}

function needsSecret(attempt: Attempt): boolean {
  if (attempt.request.basic !== 'absent') return true;
  if (field(attempt, 'client_id') && field(attempt, 'client_secret')) return true;
  return load(attempt, field(attempt, 'client_id'))?.type !== 'public';
}

// ---- steps -----------------------------------------------------------------------------------------------

/** The query is decoded before anything else, and what cannot be decoded is not caught. */
const queryDecodes: Step = ({ request }) =>
  request.query === 'malformed'
    ? crash('the query has a % that is not followed by two hex digits')
    : undefined;

/** The token endpoint refuses a query in a place where nobody catches the refusal. */
const noQueryOrCrash: Step = ({ request }) =>
  request.query === 'present'
    ? crash('the token endpoint breaks on a query; send parameters in the body')
    : undefined;

const noQuery: Step = (attempt) =>
  attempt.request.query === 'present'
    ? refuse(
        attempt,
        'invalid_request',
        'parameters belong in the body',
        'URL query parameters are not allowed',
      )
    : undefined;

/** A parameter of this name takes the place of the client that was looked up, and is none. */
const noClientParameter: Step = (attempt) =>
  field(attempt, 'client') ? crash('a parameter named "client" breaks the service') : undefined;

const headerReadable: Step = ({ request }) =>
  request.basic === 'crash'
    ? crash('the Authorization header cannot be decoded, which breaks the service')
    : undefined;

const confidentialClient: Step = (attempt) =>
  authenticatedByHeader(attempt) || authenticatedByBody(attempt)
    ? undefined
    : refuse(attempt, 'invalid_client', whyNoClient(attempt));

function whyNoClient(attempt: Attempt): string {
  if (attempt.client !== undefined) return `wrong client_secret for client "${attempt.client.clientId}"`;
  // An unknown id is not repeated: whoever swaps id and secret would find the secret in a log.
  return claimedClients(attempt.request).length === 0
    ? 'no client credentials, neither in the body nor as Basic'
    : 'there is no client with this client_id';
}

/** A public client may come without its secret. RFC 6749, 3.2.1. */
const anyClient: Step = (attempt) => (needsSecret(attempt) ? confidentialClient(attempt) : undefined);

const mayUse =
  (grantType: Client['grantType']): Step =>
  (attempt) =>
    attempt.client?.grantType === grantType
      ? undefined
      : refuse(
          attempt,
          'unauthorized_client',
          `the client is registered for ${attempt.client?.grantType} only`,
        );

/** The scope of a token for which none was asked. */
export const EVERY_SCOPE = SCOPES.join(' ');

const scopeKnown: Step = (attempt) =>
  scopesAsked(attempt).every((scope) => (SCOPES as readonly string[]).includes(scope))
    ? undefined
    : refuse(attempt, 'invalid_scope', `scopes are ${SCOPES.join(', ')}, separated by one space`);

function scopesAsked(attempt: Attempt): readonly string[] {
  return field(attempt, 'scope')?.trim().split(' ') ?? SCOPES;
}

const present =
  (name: string, description: string): Step =>
  (attempt) =>
    field(attempt, name) === undefined
      ? refuse(attempt, 'invalid_request', `${name} is missing`, description)
      : undefined;

const notEmpty =
  (name: string, description: string): Step =>
  (attempt) =>
    field(attempt, name)
      ? undefined
      : refuse(attempt, 'invalid_request', `${name} is missing or empty`, description);

const never =
  (reason: string, description?: string): Step =>
  (attempt) =>
    refuse(attempt, 'invalid_grant', reason, description);

const authentication: readonly Step[] = [noClientParameter, headerReadable];

/** What each grant asks for, in order. Only `client_credentials` can succeed: the service has no users. */
const GRANTS: Record<string, readonly Step[]> = {
  [GRANT_TYPE]: [...authentication, confidentialClient, mayUse('client-credentials'), scopeKnown],
  authorization_code: [
    present('code', 'Missing code parameter.'),
    ...authentication,
    anyClient,
    mayUse('authorization-code'),
    never('there are no authorization codes here'),
  ],
  // Known to the grant's own check but not to the client's: that mismatch is not caught.
  openid: [
    present('code', 'Missing code parameter.'),
    ...authentication,
    anyClient,
    () => crash('grant_type openid breaks the service'),
  ],
  password: [
    ...authentication,
    anyClient,
    notEmpty('username', 'Request is missing username parameter.'),
    notEmpty('password', 'Request is missing password parameter.'),
    never('there are no users here', 'Invalid credentials given.'),
  ],
  refresh_token: [
    present('refresh_token', 'Missing refresh token parameter.'),
    ...authentication,
    anyClient,
    never('there are no refresh tokens here'),
  ],
};

const grantKnown: Step = (attempt) =>
  Object.hasOwn(GRANTS, field(attempt, 'grant_type') ?? '')
    ? undefined
    : refuse(attempt, 'unsupported_grant_type', 'grant_type must be client_credentials, in a form body');

const grantAllowed: Step = (attempt) =>
  firstRefusal(GRANTS[field(attempt, 'grant_type') ?? ''] ?? [], attempt);

const TOKEN_STEPS = [queryDecodes, noQueryOrCrash, grantKnown, grantAllowed];

const REVOKE_STEPS = [
  queryDecodes,
  noQuery,
  notEmpty('token', 'Missing token parameter.'),
  ...authentication,
  // Whoever is known may revoke any token: its owner is not compared.
  anyClient,
];

/** To whom a token is due and for what, or why it is not. Guide 5.2; RFC 6749, 4.4 and 5.2. */
export function grant(
  request: OAuthRequest,
  find: (clientId: string) => Client | undefined,
): { readonly client: Client; readonly scope: string } | Refusal {
  const attempt: Attempt = { request, find };
  const refusal = firstRefusal(TOKEN_STEPS, attempt);
  if (refusal !== undefined) return refusal;
  if (attempt.client === undefined) throw new Error('a grant was allowed without a client');
  return {
    client: attempt.client,
    scope: field(attempt, 'scope') === undefined ? EVERY_SCOPE : scopesAsked(attempt).join(' '),
  };
}

/** Which token is to be revoked, or why none is. Guide 5.2; RFC 7009, 2.1. */
export function revocation(
  request: OAuthRequest,
  find: (clientId: string) => Client | undefined,
): { readonly token: string } | Refusal {
  const attempt: Attempt = { request, find };
  return firstRefusal(REVOKE_STEPS, attempt) ?? { token: request.fields.get('token') ?? '' };
}

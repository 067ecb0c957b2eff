import { type AnswerProfile, isGranted, type RowName } from './answer-profile.ts';
import { type Client, isSecretOf } from './client.ts';
import { ROWS } from './early-2021.ts';
import { type Explanation, explainSecret, explainUnknownClient } from './explanation.ts';

/**
 * The rules of the authentication API: what is checked, and in which order. The guide shows only success; the
 * order and the oddities are those of the recorded protocol stack (django-oauth-toolkit 1.4.1 on oauthlib 3.1.0).
 * The answers are those of an answer profile, which also decides what is granted.
 */

/** The errors of RFC 6749, 5.2. */
export const OAUTH_ERROR_CODES = [
  'invalid_request',
  'invalid_client',
  'invalid_grant',
  'unauthorized_client',
  'unsupported_grant_type',
  'invalid_scope',
] as const;

export type OAuthErrorCode = (typeof OAUTH_ERROR_CODES)[number];

/** Credentials of an `Authorization: Basic` header, or why there are none. `crash`: reading them broke the service. */
export type BasicCredentials =
  | 'absent'
  | 'unreadable'
  | 'crash'
  | { readonly id: string; readonly secret: string };

/** A request to an endpoint. */
export interface OAuthRequest {
  /** Parameters are allowed in the body only; `malformed` contains a percent sign without two hex digits. */
  readonly query: 'none' | 'present' | 'malformed';
  readonly basic: BasicCredentials;
  /** How its body is written, if it is no urlencoded form. */
  readonly by?: 'json' | 'multipart' | undefined;
  /** What else is special about it, and is granted. */
  readonly row?: 'token_get' | 'missing_slash' | undefined;
  /** The last value of each name: the service accepts repetitions, although RFC 6749 forbids them. */
  readonly fields: ReadonlyMap<string, string>;
}

/** A refused request, with its explanation, which is for the journal and never sent. */
export type Refusal = Explanation &
  (
    | {
        readonly row: RowName;
        /** What it is, in the journal. `crash`: the service breaks. */
        readonly error: OAuthErrorCode | 'crash';
        /** Echoed when the request had one. */
        readonly state?: string;
      }
    /** Not let through to the service at all. Guide 6.1. */
    | { readonly blocked: true }
  );

/** The client ids that a request names, each once, the header's first. */
export function getClaimedClients({ basic, fields }: OAuthRequest): string[] {
  const inHeader = typeof basic === 'object' ? [basic.id] : [];
  const inBody = fields.get('client_id');
  return inBody === undefined || inBody === inHeader[0] ? inHeader : [...inHeader, inBody];
}

/** One request on its way through the checks. The first client found stays, whichever credentials follow. */
export interface Attempt {
  readonly request: OAuthRequest;
  readonly findClient: (clientId: string) => Client | undefined;
  readonly profile: AnswerProfile;
  readonly isRevocation?: true;
  client?: Client | undefined;
  /** What is special about it, and is granted. */
  row?: RowName | undefined;
}

export type Step = (attempt: Attempt) => Refusal | undefined;

/** Refuses the request, unless the profile grants what is special about it. */
export function refuse(
  attempt: Attempt,
  row: RowName,
  error: OAuthErrorCode,
  explanation: Explanation,
): Refusal | undefined {
  if (isGranted(attempt.profile, row)) {
    attempt.row = row;
    return undefined;
  }
  const state = attempt.request.fields.get('state');
  return { row, error, ...explanation, ...(state && { state }) };
}

/** Refuses what makes the recorded service fail. */
export function refuseWithCrash(
  attempt: Attempt,
  row: RowName,
  what: string,
  fix: string,
  where = 'the service',
): Refusal | undefined {
  const { status } = attempt.profile.answers[row];
  const refusal = refuse(attempt, row, 'invalid_request', {
    reason: status < 500 ? `${what} is refused with ${status}` : `${what} makes ${where} fail with ${status}`,
    fix,
  });
  return refusal && status >= 500 ? { ...refusal, error: 'crash' } : refusal;
}

export function findFirstRefusal(steps: readonly Step[], attempt: Attempt): Refusal | undefined {
  for (const step of steps) {
    const refusal = step(attempt);
    if (refusal !== undefined) return refusal;
  }
  return undefined;
}

export const getField = ({ request }: Attempt, name: string) => request.fields.get(name);

function loadClient(attempt: Attempt, clientId: string | undefined): Client | undefined {
  attempt.client ??= clientId === undefined ? undefined : attempt.findClient(clientId);
  return attempt.client;
}

function isAuthenticatedByHeader(attempt: Attempt): boolean {
  const { basic } = attempt.request;
  if (typeof basic !== 'object') return false;
  const client = loadClient(attempt, basic.id);
  return client?.clientId === basic.id && isSecretOf(client, basic.secret);
}

function isAuthenticatedByBody(attempt: Attempt): boolean {
  const client = loadClient(attempt, getField(attempt, 'client_id'));
  return client !== undefined && isSecretOf(client, getField(attempt, 'client_secret'));
}

function isSecretRequired(attempt: Attempt): boolean {
  if (attempt.request.basic !== 'absent') return true;
  if (getField(attempt, 'client_id') && getField(attempt, 'client_secret')) return true;
  return loadClient(attempt, getField(attempt, 'client_id'))?.type !== 'public';
}

/** What a profile may refuse although the guide has it. */
export const special = (row: RowName, error: OAuthErrorCode = 'invalid_request'): Step => {
  const explanation = {
    reason: `the answer profile refuses this: ${ROWS[row].situation}`,
    fix: 'send it as the service wants it; mock-veridas compare shows how',
  };
  return (attempt) => refuse(attempt, row, error, explanation);
};

/** A parameter of this name overwrites the client that was found, with something that is not a client. */
export const noClientParameter: Step = (attempt) =>
  getField(attempt, 'client')
    ? refuseWithCrash(
        attempt,
        'crash',
        'a parameter named "client"',
        'remove it; the id is sent as client_id',
      )
    : undefined;

export const headerReadable: Step = (attempt) =>
  attempt.request.basic === 'crash'
    ? refuseWithCrash(
        attempt,
        'crash',
        'an Authorization header that cannot be decoded',
        'send Basic and the base64 of ID:SECRET, and no other character',
      )
    : undefined;

export const isBasic = ({ request }: Attempt): boolean => typeof request.basic === 'object';

export const confidentialClient: Step = (attempt) =>
  isAuthenticatedByHeader(attempt) || isAuthenticatedByBody(attempt)
    ? undefined
    : refuse(attempt, findInvalidClientRow(attempt), 'invalid_client', explainInvalidClient(attempt));

function findInvalidClientRow(attempt: Attempt): RowName {
  if (attempt.client === undefined)
    return getClaimedClients(attempt.request).length > 0 ? 'unknown_client' : 'no_credentials';
  if (isBasic(attempt)) return 'wrong_secret_basic';
  return attempt.isRevocation ? 'revoke_wrong_secret' : 'wrong_secret';
}

function explainInvalidClient({ request, client }: Attempt): Explanation {
  const { basic, fields } = request;
  const isInHeader = typeof basic === 'object';
  if (client !== undefined) {
    const isHeaders = isInHeader && client.clientId === basic.id;
    return explainSecret(client, isHeaders ? basic.secret : fields.get('client_secret'), isHeaders);
  }
  const [id] = getClaimedClients(request);
  if (id !== undefined) return explainUnknownClient(id);
  return {
    reason: 'no client credentials, neither in the body nor as Basic',
    fix: 'send client_id and client_secret in the body, or as Basic',
  };
}

/** A public client may omit its secret. RFC 6749, 3.2.1. */
export const anyClient: Step = (attempt) =>
  isSecretRequired(attempt) ? confidentialClient(attempt) : undefined;

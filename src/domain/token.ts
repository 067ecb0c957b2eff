import { type Client, getTokenLifetime } from './client.ts';
import { addMs, type Instant, seconds } from './time.ts';

/** An access token as it was issued, and its later changes. Guide 5.2. */
export interface Token {
  readonly accessToken: string;
  readonly clientId: string;
  readonly scope: string;
  readonly issuedAt: Instant;
  /** Its life in seconds: a later change of the client does not alter it. */
  readonly expiresIn: number;
  /** When it was expired early. */
  readonly expiredAt?: Instant;
  readonly revokedAt?: Instant;
  /** Ids of the calls that it has opened. */
  readonly calls: readonly string[];
}

const TAG_LENGTH = 6;
const TAG_LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

function createTag(clientId: string): string {
  let hash = 0;
  for (let i = 0; i < clientId.length; i += 1) hash = Math.imul(hash ^ clientId.charCodeAt(i), 0x01000193);
  let tag = '';
  while (tag.length < TAG_LENGTH) {
    hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d) + tag.length + 1;
    tag += TAG_LETTERS[(hash >>> 8) % TAG_LETTERS.length];
  }
  return tag;
}

/** The tag of one client is asked for again and again. */
let latest = { clientId: '', tag: createTag('') };

/** What the opaque tokens of a client begin with: a store of several servers finds by it where the client is. */
export function getTokenTag(clientId: string): string {
  if (latest.clientId !== clientId) latest = { clientId, tag: createTag(clientId) };
  return latest.tag;
}

/** Length of an opaque token, like those of the service. */
export const TOKEN_LENGTH = 30;

/** The tag of an opaque token; undefined for any other text. */
export const findTokenTag = (accessToken: string): string | undefined =>
  accessToken.length === TOKEN_LENGTH && /^[A-Za-z0-9]*$/.test(accessToken)
    ? accessToken.slice(0, TAG_LENGTH)
    : undefined;

/** When it expires or has expired. Guide 5.2, rule 2. */
export const getExpiry = ({ issuedAt, expiresIn, expiredAt }: Token): Instant =>
  expiredAt ?? addMs(issuedAt, seconds(expiresIn));

/** Whether `token` was issued after `since`, is active at `now`, and has opened no call. */
export const isFresh = (token: Token, since: Instant, now: Instant): boolean =>
  token.issuedAt >= since &&
  getExpiry(token) > now &&
  token.revokedAt === undefined &&
  token.calls.length === 0;

export const TOKEN_STATES = ['active', 'completed', 'expired', 'revoked'] as const;

export type TokenState = (typeof TOKEN_STATES)[number];

const NO_CALLS: readonly string[] = [];

/** A token that is issued at `now`. Guide 5.2, rule 2. */
export const createToken = (accessToken: string, client: Client, scope: string, now: Instant): Token => ({
  accessToken,
  clientId: client.clientId,
  scope,
  issuedAt: now,
  expiresIn: getTokenLifetime(client),
  calls: NO_CALLS,
});

/**
 * The state of a token at `now`. Guide 5.2, rules 1 to 3.
 *
 * @param hasEndedCall whether a call that it opened has ended: completion is derived, not stored
 */
export function getTokenState(token: Token, hasEndedCall: boolean, now: Instant): TokenState {
  if (token.revokedAt !== undefined && token.revokedAt <= now) return 'revoked';
  if (hasEndedCall) return 'completed';
  return now >= getExpiry(token) ? 'expired' : 'active';
}

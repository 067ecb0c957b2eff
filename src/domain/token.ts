import { TOKEN_LIFETIME_SECONDS } from '../guide/oauth.ts';
import { addMs, type Instant, seconds } from './time.ts';

/** An access token as it was issued, and what has happened to it since. Guide 5.2. */
export interface Token {
  readonly accessToken: string;
  readonly clientId: string;
  readonly scope: string;
  readonly issuedAt: Instant;
  /** When it was let expire before its hour was over. */
  readonly expiredAt?: Instant;
  readonly revokedAt?: Instant;
  /** Identities of the calls that it has opened. */
  readonly calls: readonly string[];
}

/** When its hour is over, or was. Guide 5.2, rule 2. */
export const getExpiry = ({ issuedAt, expiredAt }: Token): Instant =>
  expiredAt ?? addMs(issuedAt, seconds(TOKEN_LIFETIME_SECONDS));

/** Whether `token` was issued after `since`, opens calls at `now`, and has opened none yet. */
export const isFresh = (token: Token, since: Instant, now: Instant): boolean =>
  token.issuedAt >= since &&
  getExpiry(token) > now &&
  token.revokedAt === undefined &&
  token.calls.length === 0;

export const TOKEN_STATES = ['active', 'completed', 'expired', 'revoked'] as const;

export type TokenState = (typeof TOKEN_STATES)[number];

const NO_CALLS: readonly string[] = [];

/** A token that begins its hour at `now`. Guide 5.2, rule 2. */
export const createToken = (accessToken: string, clientId: string, scope: string, now: Instant): Token => ({
  accessToken,
  clientId,
  scope,
  issuedAt: now,
  calls: NO_CALLS,
});

/**
 * What a token is good for at `now`. Guide 5.2, rules 1 to 3.
 *
 * @param hasEndedCall whether a call that it opened has ended by now: completion is not stored, it follows
 */
export function getTokenState(token: Token, hasEndedCall: boolean, now: Instant): TokenState {
  if (token.revokedAt !== undefined && token.revokedAt <= now) return 'revoked';
  if (hasEndedCall) return 'completed';
  return now >= getExpiry(token) ? 'expired' : 'active';
}

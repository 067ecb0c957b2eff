/**
 * Refusals of the authentication API. The guide shows only success; these are the OAuth errors
 * (RFC 6749, 5.2) with the statuses that were recorded from the protocol stack the service is built on.
 */
export const OAUTH_ERRORS = {
  invalid_request: 400,
  invalid_client: 401,
  invalid_grant: 400,
  unauthorized_client: 400,
  unsupported_grant_type: 400,
  invalid_scope: 400,
} as const satisfies Record<string, number>;

export type OAuthErrorCode = keyof typeof OAUTH_ERRORS;

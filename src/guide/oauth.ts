/** The authentication API as the guide documents it. Guide 5.2. */

/** Addresses of the authentication API. Guide 5.2. */
export const PATHS = { token: '/o/token/', revoke: '/o/revoke_token/' } as const;

/** The one grant the guide documents. Guide 5.2. */
export const GRANT_TYPE = 'client_credentials';

/** The types of the body that the guide documents. Guide 5.2. */
export const FORM_TYPES = ['application/x-www-form-urlencoded', 'multipart/form-data'] as const;

/** Every scope there is, in the order in which the answer lists them. Guide 5.2. */
export const SCOPES = ['read', 'write', 'groups'] as const;

/** Life of an access token in seconds, from its creation. Guide 5.2, rule 2. */
export const TOKEN_LIFETIME_SECONDS = 3600;

export const TOKEN_TYPE = 'Bearer';

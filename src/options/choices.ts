/** What can be chosen by its name, in a setting or by whoever starts a simulator. */

/** What access tokens look like: as the service's, or as JWTs. */
export const TOKEN_FORMATS = ['opaque', 'jwt'] as const;
/** How those are kept out who may not come from where they do. Guide 6.1 only says that they are. */
export const BLOCKING = ['forbidden', 'reset', 'hang'] as const;
/** How `/call` answers a token that opens nothing: by a 403, or by a page that posts VideocallNotFound. */
export const REFUSED_CALL = ['forbidden', 'event'] as const;

/** What is logged: entries of this level and those before it. */
export const LOG_LEVELS = ['silent', 'error', 'warn', 'info'] as const;
/** For whom the log is written: people, or programs. */
export const LOG_FORMATS = ['text', 'json'] as const;

export type TokenFormatName = (typeof TOKEN_FORMATS)[number];
export type Blocking = (typeof BLOCKING)[number];
export type RefusedCall = (typeof REFUSED_CALL)[number];
export type LogLevel = (typeof LOG_LEVELS)[number];
export type LogFormat = (typeof LOG_FORMATS)[number];

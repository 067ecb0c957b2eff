/** Options that are chosen by name, in settings and in the library. */

/** Format of access tokens: opaque, as the service's are, or JWT. */
export const TOKEN_FORMATS = ['opaque', 'jwt'] as const;
/** What clients get whose address is not allowed. Guide 6.1 only says that they are blocked. */
export const BLOCKING = ['forbidden', 'reset', 'hang'] as const;
/** How `/call` answers a token that opens no call: with a 403, or with a page that posts VideocallNotFound. */
export const REFUSED_CALL = ['forbidden', 'event'] as const;

/** Log levels: entries of the chosen level and of those before it are written. */
export const LOG_LEVELS = ['silent', 'error', 'warn', 'info'] as const;
/** Format of the log: for people, or for programs. */
export const LOG_FORMATS = ['text', 'json'] as const;

export type TokenFormatName = (typeof TOKEN_FORMATS)[number];
export type Blocking = (typeof BLOCKING)[number];
export type RefusedCall = (typeof REFUSED_CALL)[number];
export type LogLevel = (typeof LOG_LEVELS)[number];
export type LogFormat = (typeof LOG_FORMATS)[number];

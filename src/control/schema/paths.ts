/** Paths of everything that the imitated service does not have. */

export const ADMIN = '/__admin';
export const CONSOLE = '/__console';
export const DEMO = '/__demo';
export const DOCS = '/__docs';

/** An address or path without a trailing slash, so that a path can be appended. */
export const trimTrailingSlashes = (text: string): string => text.replace(/(?<!\/)\/+$/, '');

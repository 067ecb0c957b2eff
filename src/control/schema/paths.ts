/** Paths under which everything stands that the imitated service does not have. */

export const ADMIN = '/__admin';
export const CONSOLE = '/__console';
export const DEMO = '/__demo';

/** An address or path to which another path can be put. */
export const trimTrailingSlashes = (text: string): string => text.replace(/(?<!\/)\/+$/, '');

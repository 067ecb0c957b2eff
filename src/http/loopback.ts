import { isIP } from 'node:net';

/** The control API is open to this machine; these rules keep web pages of others out of it. */

/** The host of a `Host` header or URL, without its port. */
const hostname = (host: string): string =>
  host
    .replace(/:\d*$/, '')
    .replace(/^\[(.*)\]$/, '$1')
    .toLowerCase();

/** Whether `address` leads to this machine only. */
export function isLoopback(address: string): boolean {
  const host = hostname(address);
  if (host === 'localhost' || host.endsWith('.localhost')) return true;
  const family = isIP(host);
  return family === 4
    ? host.startsWith('127.')
    : family === 6 && (host === '::1' || /^::ffff:127\./.test(host));
}

/**
 * Whether a request's `Origin` is the server itself. A page of any other site that a developer happens to look
 * at can send requests here, and must not be obeyed.
 *
 * @param allowed further origins that were let in by hand
 */
export const isOwnOrigin = (origin: string, host: string | undefined, allowed: readonly string[]): boolean =>
  origin === `http://${host}` || origin === `https://${host}` || allowed.includes(origin);
